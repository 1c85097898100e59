/* A TCP proxy on loopback that delays every byte by a fixed time in each direction: a network with that round trip, where the kernel has no netem.
 *
 *   delay_proxy LISTEN_PORT TARGET_PORT DELAY_US
 *
 * Prints the port it listens on (LISTEN_PORT 0: any free one) and runs until it is ended. The delay is for each direction, so the round trip is twice
 * that. Bandwidth is not limited. Establishing a connection is not delayed; that is one of about fourteen round trips that an SMB connection costs.
 *
 * Because the delay is the same for all, what arrives first is due first: one queue for all connections is enough.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 256 << 10, MOST_HELD = 16 << 20, EVENTS = 256 };

struct pair;

/* One direction of a connection: bytes from `from` go to `to`. */
struct flow {
    struct pair *pair;
    int from, to;
    size_t held;          /* bytes read and not yet written */
    struct chunk *blocked, **blocked_end; /* due, but `to` takes no more now */
    int ended;            /* `from` has said that it sends no more, or is broken */
    int finished;         /* and everything before that was passed on */
};

struct pair {
    struct flow flows[2];
    struct pair *next_dead;
    int dead;
};

/* Bytes on their way. Length 0 is the end of the flow. */
struct chunk {
    struct chunk *next;
    struct flow *flow;
    uint64_t due;
    size_t length, written;
    char bytes[];
};

/* What epoll gives back: a socket is the source of one flow and the target of the other. */
struct end {
    struct pair *pair;
    int index;
};

static int poller;
static uint64_t delay;
static struct chunk *first, **last = &first;
static struct pair *dead_pairs; /* freed when no event can name them any more */
static struct end ends[1 << 16];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void watch(int operation, struct pair *pair, int index) {
    struct flow *out = &pair->flows[index], *in = &pair->flows[1 - index];
    struct epoll_event event = {.events = 0, .data.ptr = &ends[out->from]};
    if (!out->ended && out->held < MOST_HELD) event.events |= EPOLLIN;
    if (in->blocked) event.events |= EPOLLOUT;
    if (epoll_ctl(poller, operation, out->from, &event) < 0) fail("epoll_ctl");
}

static void release(struct pair *pair) {
    if (pair->dead) return;
    pair->dead = 1;
    close(pair->flows[0].from);
    close(pair->flows[1].from);
    pair->next_dead = dead_pairs;
    dead_pairs = pair;
}

static void bury(void) {
    while (dead_pairs) {
        struct pair *pair = dead_pairs;
        dead_pairs = pair->next_dead;
        free(pair);
    }
}

static void append(struct flow *flow, const char *bytes, size_t length) {
    struct chunk *chunk = malloc(sizeof *chunk + length);
    if (!chunk) fail("malloc");
    *chunk = (struct chunk){.flow = flow, .due = now() + delay, .length = length};
    if (length) memcpy(chunk->bytes, bytes, length);
    flow->held += length;
    *last = chunk;
    last = &chunk->next;
}

static void receive(struct flow *flow) {
    static char buffer[READ_SIZE];
    ssize_t got = recv(flow->from, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) flow->ended = 1;
    append(flow, buffer, got > 0 ? (size_t)got : 0);
    if (flow->ended || flow->held >= MOST_HELD) watch(EPOLL_CTL_MOD, flow->pair, (int)(flow - flow->pair->flows));
}

/* Writes a chunk on; false when the target takes no more now. */
static int deliver(struct chunk *chunk) {
    struct flow *flow = chunk->flow;
    if (chunk->length == 0) {
        shutdown(flow->to, SHUT_WR);
        flow->finished = 1;
        return 1;
    }
    while (chunk->written < chunk->length) {
        ssize_t put = send(flow->to, chunk->bytes + chunk->written, chunk->length - chunk->written, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) return 0;
        if (put < 0) break; /* the other side is gone; the rest goes nowhere */
        chunk->written += (size_t)put;
    }
    return 1;
}

static void done(struct chunk *chunk) {
    struct flow *flow = chunk->flow;
    struct pair *pair = flow->pair;
    size_t before = flow->held;
    flow->held -= chunk->length;
    free(chunk);
    if (before >= MOST_HELD && flow->held < MOST_HELD) watch(EPOLL_CTL_MOD, pair, (int)(flow - pair->flows));
    if (pair->flows[0].finished && pair->flows[1].finished) release(pair);
}

static void deliver_due(void) {
    uint64_t time = now();
    while (first && first->due <= time) {
        struct chunk *chunk = first;
        struct flow *flow = chunk->flow;
        first = chunk->next;
        if (!first) last = &first;
        chunk->next = NULL;
        if (!flow->blocked && deliver(chunk)) {
            done(chunk);
            continue;
        }
        int is_first = flow->blocked == NULL;
        if (is_first) flow->blocked_end = &flow->blocked;
        *flow->blocked_end = chunk;
        flow->blocked_end = &chunk->next;
        if (is_first) watch(EPOLL_CTL_MOD, flow->pair, 1 - (int)(flow - flow->pair->flows));
    }
}

static void unblock(struct flow *flow) {
    while (flow->blocked && deliver(flow->blocked)) {
        struct chunk *chunk = flow->blocked;
        flow->blocked = chunk->next;
        int is_last = flow->blocked == NULL;
        if (is_last) watch(EPOLL_CTL_MOD, flow->pair, 1 - (int)(flow - flow->pair->flows));
        done(chunk);
        if (is_last) return;
    }
}

static int open_listener(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1024) < 0) fail("listen");
    if (getsockname(listener, (struct sockaddr *)&address, &length) < 0) fail("getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void prepare(int socket) {
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(socket, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
    if (socket >= (int)(sizeof ends / sizeof *ends)) exit(1);
}

static void take_connections(int listener, int target_port) {
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) return;
        int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (server < 0 || connect(server, (struct sockaddr *)&target, sizeof target) < 0) {
            if (server >= 0) close(server);
            close(client);
            continue;
        }
        prepare(client);
        prepare(server);
        struct pair *pair = calloc(1, sizeof *pair);
        if (!pair) fail("calloc");
        pair->flows[0] = (struct flow){.pair = pair, .from = client, .to = server};
        pair->flows[1] = (struct flow){.pair = pair, .from = server, .to = client};
        for (int index = 0; index < 2; index++) {
            ends[pair->flows[index].from] = (struct end){pair, index};
            watch(EPOLL_CTL_ADD, pair, index);
        }
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: delay_proxy LISTEN_PORT TARGET_PORT DELAY_US\n");
        return 64;
    }
    delay = (uint64_t)(atof(arguments[3]) * 1000);
    prctl(PR_SET_TIMERSLACK, 1);
    prctl(PR_SET_PDEATHSIG, 15);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");
    int listener = open_listener(atoi(arguments[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) fail("epoll_ctl");
    for (;;) {
        struct epoll_event events[EVENTS];
        struct timespec wait, *timeout = NULL;
        if (first) {
            uint64_t time = now(), rest = first->due > time ? first->due - time : 0;
            wait = (struct timespec){(time_t)(rest / 1000000000), (long)(rest % 1000000000)};
            timeout = &wait;
        }
        int ready = epoll_pwait2(poller, events, EVENTS, timeout, NULL);
        if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int index = 0; index < ready; index++) {
            struct end *end = events[index].data.ptr;
            if (!end) {
                take_connections(listener, atoi(arguments[2]));
                continue;
            }
            if (end->pair->dead) continue;
            struct flow *out = &end->pair->flows[end->index], *in = &end->pair->flows[1 - end->index];
            uint32_t what = events[index].events;
            if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !out->ended) receive(out);
            else if ((what & (EPOLLHUP | EPOLLERR)) && out->ended && !in->blocked) {
                /* Broken both ways: nothing more can come of it, and epoll would report it for ever. */
                epoll_ctl(poller, EPOLL_CTL_DEL, out->from, NULL);
                continue;
            }
            if (in->blocked && (what & (EPOLLOUT | EPOLLHUP | EPOLLERR))) unblock(in);
        }
        deliver_due();
        bury();
    }
}
