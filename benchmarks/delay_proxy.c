/* A TCP proxy that adds a delay each way, for machines without netem.
 *
 *   gcc -O2 -o delay_proxy benchmarks/delay_proxy.c
 *   delay_proxy LISTEN_PORT TARGET_PORT MICROSECONDS        (127.0.0.1; LISTEN_PORT 0 takes a free one; prints the port)
 *
 * MICROSECONDS is the delay of one way: a round trip takes twice as long. Bytes are held back, not slowed down: as many as fit into 64 MiB for
 * each way may be under way. One thread, epoll, a timer; ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PIECE (256 << 10)
#define MOST_HELD (64 << 20)

typedef struct piece {
	struct piece *next;
	uint64_t due;
	size_t length, sent;
	char data[];
} piece;

/* One way of a connection: what came from `from` waits here for its time to go `to`. */
typedef struct way {
	struct way *other, *next_active;
	int from, to;
	piece *first, *last;
	size_t held;
	int ended, blocked, active, closed;
} way;

static uint64_t delay;
static int poller, timer;
static way *active;

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void set_interest(way *in, way *out)
{
	/* `in` is read from this descriptor, `out` is written to it. */
	struct epoll_event e = {.data.ptr = in};
	if (!in->ended && in->held < MOST_HELD) e.events |= EPOLLIN;
	if (out->blocked) e.events |= EPOLLOUT;
	epoll_ctl(poller, EPOLL_CTL_MOD, in->from, &e);
}

static void finish(way *w)
{
	if (w->closed) return;
	w->closed = w->other->closed = 1;
	close(w->from);
	close(w->to);
}

/* Sends what is due; gives the time of the next piece, or 0. */
static uint64_t pump(way *w, uint64_t time)
{
	if (w->closed) return 0;
	while (w->first && w->first->due <= time) {
		piece *p = w->first;
		ssize_t n = send(w->to, p->data + p->sent, p->length - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) { w->blocked = 1; set_interest(w->other, w); return 0; }
		if (n < 0) { finish(w); return 0; }
		p->sent += (size_t)n;
		w->held -= (size_t)n;
		if (p->sent < p->length) continue;
		w->first = p->next;
		if (!w->first) w->last = NULL;
		free(p);
	}
	if (!w->first && w->ended == 1) {
		w->ended = 2;
		shutdown(w->to, SHUT_WR);
		if (w->other->ended == 2) finish(w);
		return 0;
	}
	return w->first ? w->first->due : 0;
}

static void activate(way *w)
{
	if (w->active) return;
	w->active = 1;
	w->next_active = active;
	active = w;
}

static void take(way *w)
{
	static char buffer[PIECE];
	ssize_t n = recv(w->from, buffer, sizeof buffer, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) return;
	if (n <= 0) {
		w->ended = 1;
		if (n < 0) { finish(w); return; }
	} else {
		piece *p = malloc(sizeof *p + (size_t)n);
		memcpy(p->data, buffer, (size_t)n);
		*p = (piece){NULL, now() + delay, (size_t)n, 0};
		if (w->last) w->last->next = p; else w->first = p;
		w->last = p;
		w->held += (size_t)n;
	}
	activate(w);
	set_interest(w, w->other);
}

static void accept_one(int listener, int target)
{
	int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client < 0) return;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (connect(server, (struct sockaddr *)&a, sizeof a) < 0) { close(client); close(server); return; }
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	way *up = calloc(1, sizeof *up), *down = calloc(1, sizeof *down);
	*up = (way){.other = down, .from = client, .to = server};
	*down = (way){.other = up, .from = server, .to = client};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = up};
	epoll_ctl(poller, EPOLL_CTL_ADD, client, &e);
	e.data.ptr = down;
	epoll_ctl(poller, EPOLL_CTL_ADD, server, &e);
}

/* Moves everything that is due, and sets the timer for what is not. Ways of closed connections are left to the system: this is a benchmark. */
static void pump_all(void)
{
	uint64_t time = now(), next = 0;
	for (way **at = &active; *at;) {
		way *w = *at;
		uint64_t due = pump(w, time);
		if (due && (!next || due < next)) next = due;
		if (w->closed || !w->first) { *at = w->next_active; w->active = 0; } else at = &w->next_active;
		if (!w->closed) set_interest(w, w->other);
	}
	if (next) {
		struct itimerspec t = {.it_value = {(time_t)(next / 1000000000ULL), (long)(next % 1000000000ULL)}};
		timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL);
	}
}

int main(int count, char **arguments)
{
	if (count < 4) { fprintf(stderr, "delay_proxy LISTEN_PORT TARGET_PORT MICROSECONDS\n"); return 64; }
	int target = atoi(arguments[2]), one = 1;
	delay = (uint64_t)(atof(arguments[3]) * 1000);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof a;
	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 256)) { perror("delay_proxy"); return 1; }
	getsockname(listener, (struct sockaddr *)&a, &length);
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	poller = epoll_create1(EPOLL_CLOEXEC);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	static int is_listener, is_timer, is_input;
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &is_listener});
	epoll_ctl(poller, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &is_timer});
	epoll_ctl(poller, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &is_input});
	for (;;) {
		struct epoll_event events[128];
		int ready = epoll_wait(poller, events, 128, -1);
		for (int i = 0; i < ready; i++) {
			void *what = events[i].data.ptr;
			char nothing[64];
			if (what == &is_listener) accept_one(listener, target);
			else if (what == &is_timer) (void)!read(timer, nothing, sizeof nothing);
			else if (what == &is_input) { if (read(0, nothing, sizeof nothing) <= 0) return 0; }
			else {
				way *w = what;
				if (w->closed) continue;
				if (events[i].events & EPOLLOUT) { w->other->blocked = 0; activate(w->other); }
				if (!w->ended && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(w);
			}
		}
		pump_all();
	}
}
