/* The floor for a share: N processes with one libsmbclient context each, and nothing but the calls that the work needs.
 *
 *   bare_smb list|first|read|whole|send N smb://HOST:PORT/SHARE USER [off|required]
 *
 * list:  every entry of every folder (opendir, readdirplus, closedir).
 * first: that, and then the first 8 KiB of the first file of every folder.
 * read:  that, and then the first 8 KiB of every file (open, read, close), never past the end.
 * whole: that, and then all of every file in pieces of 1 MiB; a process that comes to another piece of its last file has it open still.
 * send:  that, and each process sends what it reads over a TCP connection of its own to one more process, which throws it away: what a server
 *        of the files would have to do at least.
 * The last argument is the encryption to ask for. The password comes from FILEROOM_SMB_PASSWORD; HOME must be a private folder with the
 * .smb/smb.conf to use. Folders and files are taken from one queue in memory that the processes share.
 * Prints folders, files, bytes, errors, list_seconds, seconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 8192, PIECE = 1 << 20, MOST_PROCESSES = 256, MOST_PATH = 8192, BATCH = 8 };

/* A folder, or a file or a piece of one: where its path is in the text, where in the file it begins, and how large it is. */
struct item {
    uint64_t path, offset, size;
};

/* What the processes share. Memory that is not used costs nothing. */
struct shared {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_barrier_t listed;
    size_t under_way;             /* folders waiting or being listed */
    size_t folders, taken;        /* in `folder_items`: how many there are, and are taken */
    size_t files;                 /* in `file_items` */
    uint64_t text_length;
    atomic_size_t next_file;
    atomic_long bytes, errors, read_files;
    double listed_at;
};

enum { MOST_ITEMS = 1 << 24 };
static const size_t MOST_TEXT = (size_t)4 << 30;

static struct shared *shared;
static struct item *folder_items, *file_items;
static char *text;
static char root[1024];
static const char *user, *password;
static int only_first, reads, whole;
static int recipient = -1; /* a connection to whom what is read is sent; -1 for nobody */

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *share(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

/* Both with the lock held. */
static uint64_t store(const char *path) {
    size_t length = strlen(path) + 1;
    if (shared->text_length + length > MOST_TEXT) exit(1);
    uint64_t place = shared->text_length;
    memcpy(text + place, path, length);
    shared->text_length += length;
    return place;
}

static void add_folder(const char *path) {
    if (shared->folders == MOST_ITEMS) exit(1);
    folder_items[shared->folders++] = (struct item){.path = store(path)};
    shared->under_way++;
}

static int take_folder(char *path) {
    pthread_mutex_lock(&shared->lock);
    while (shared->taken == shared->folders && shared->under_way > 0) pthread_cond_wait(&shared->changed, &shared->lock);
    int found = shared->taken < shared->folders;
    if (found) strcpy(path, text + folder_items[shared->taken++].path);
    pthread_mutex_unlock(&shared->lock);
    return found;
}

static void log_in(SMBCCTX *context, const char *server, const char *name, char *group, int group_size, char *account, int account_size, char *secret,
                   int secret_size) {
    (void)context, (void)server, (void)name;
    snprintf(group, (size_t)group_size, "WORKGROUP");
    snprintf(account, (size_t)account_size, "%s", user);
    snprintf(secret, (size_t)secret_size, "%s", password);
}

static SMBCCTX *connect_context(int port, int encrypts) {
    SMBCCTX *context = smbc_new_context();
    if (!context) exit(1);
    smbc_setOptionDebugToStderr(context, 1);
    smbc_setOptionNoAutoAnonymousLogin(context, 1);
    smbc_setOptionUseKerberos(context, 0);
    smbc_setOptionUseCCache(context, 0);
    smbc_setOptionSmbEncryptionLevel(context, encrypts ? SMBC_ENCRYPTLEVEL_REQUIRE : SMBC_ENCRYPTLEVEL_NONE);
    smbc_setTimeout(context, 10000);
    if (!smbc_init_context(context)) exit(1);
    smbc_setPort(context, (uint16_t)port);
    smbc_setUser(context, user);
    smbc_setWorkgroup(context, "WORKGROUP");
    smbc_setFunctionAuthDataWithContext(context, log_in);
    return context;
}

/* root/path, with the one character encoded that must be. */
static void url_of(const char *path, char *url) {
    char *end = stpcpy(url, root);
    if (*path) *end++ = '/';
    for (; *path; path++) {
        if (*path == '%') end = stpcpy(end, "%25");
        else *end++ = *path;
    }
    *end = 0;
}

static void list(SMBCCTX *context, const char *path) {
    char url[3 * MOST_PATH + sizeof root], below[2 * MOST_PATH];
    url_of(path, url);
    SMBCFILE *folder = smbc_getFunctionOpendir(context)(context, url);
    if (!folder) {
        shared->errors++;
    } else {
        smbc_readdirplus_fn next = smbc_getFunctionReaddirPlus(context);
        int has_first = 0;
        /* The listing is in memory already: this is one short stay in the lock for each folder. */
        pthread_mutex_lock(&shared->lock);
        for (const struct libsmb_file_info *entry; (entry = next(context, folder));) {
            if (!strcmp(entry->name, ".") || !strcmp(entry->name, "..")) continue;
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", entry->name);
            if (entry->attrs & 0x10) {
                add_folder(below);
            } else {
                if (shared->files == MOST_ITEMS) exit(1);
                struct item item = {.size = entry->size};
                if (reads && !(only_first && has_first)) item.path = store(below);
                else item.size = UINT64_MAX;
                has_first = 1;
                file_items[shared->files++] = item;
                if (!whole) continue;
                file_items[shared->files - 1].size = entry->size < PIECE ? entry->size : PIECE;
                for (item.offset = PIECE; item.offset < entry->size; item.offset += PIECE) {
                    if (shared->files == MOST_ITEMS) exit(1);
                    item.size = entry->size - item.offset < PIECE ? entry->size - item.offset : PIECE;
                    file_items[shared->files++] = item;
                }
            }
        }
        pthread_mutex_unlock(&shared->lock);
        smbc_getFunctionClosedir(context)(context, folder);
    }
    pthread_mutex_lock(&shared->lock);
    shared->under_way--;
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
}

static void read_file(SMBCCTX *context, const struct item *item) {
    static char buffer[READ_SIZE];
    char url[3 * MOST_PATH + sizeof root];
    if (item->size == UINT64_MAX) return;
    url_of(text + item->path, url);
    SMBCFILE *file = smbc_getFunctionOpen(context)(context, url, O_RDONLY, 0);
    if (!file) {
        shared->errors++;
        return;
    }
    size_t wanted = item->size < READ_SIZE ? (size_t)item->size : READ_SIZE;
    ssize_t got = wanted ? smbc_getFunctionRead(context)(context, file, buffer, wanted) : 0;
    if (got < 0) shared->errors++;
    else shared->bytes += got;
    shared->read_files++;
    smbc_getFunctionClose(context)(context, file);
}

static void send_all(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(recipient, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) exit(1);
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void read_piece(SMBCCTX *context, const struct item *item) {
    static char buffer[PIECE];
    static SMBCFILE *file;
    static uint64_t path = UINT64_MAX;
    char url[3 * MOST_PATH + sizeof root];
    /* A small file has nothing that could be read of it later. */
    int is_last = item->size < PIECE;
    if (path != item->path) {
        if (file) smbc_getFunctionClose(context)(context, file);
        url_of(text + item->path, url);
        path = item->path;
        file = smbc_getFunctionOpen(context)(context, url, O_RDONLY, 0);
    }
    if (!file) {
        shared->errors++;
        return;
    }
    smbc_getFunctionLseek(context)(context, file, (off_t)item->offset, SEEK_SET);
    for (size_t done = 0; done < item->size;) {
        ssize_t got = smbc_getFunctionRead(context)(context, file, buffer + done, item->size - done);
        if (got <= 0) {
            shared->errors++;
            break;
        }
        done += (size_t)got;
        shared->bytes += got;
    }
    if (recipient >= 0) send_all(buffer, item->size);
    shared->read_files++;
    if (!is_last) return;
    smbc_getFunctionClose(context)(context, file);
    file = NULL;
    path = UINT64_MAX;
}

static void work(int port, int encrypts) {
    static char path[MOST_PATH];
    SMBCCTX *context = connect_context(port, encrypts);
    while (take_folder(path)) list(context, path);
    if (pthread_barrier_wait(&shared->listed) == PTHREAD_BARRIER_SERIAL_THREAD) shared->listed_at = seconds();
    if (!reads) return;
    size_t batch = whole ? 1 : BATCH;
    for (;;) {
        size_t from = atomic_fetch_add(&shared->next_file, batch);
        if (from >= shared->files) return;
        for (size_t index = from; index < from + batch && index < shared->files; index++) {
            if (whole) read_piece(context, &file_items[index]);
            else read_file(context, &file_items[index]);
        }
    }
}

/* A process that takes what `processes` connections bring until all are closed; gives where it listens. */
static struct sockaddr_in start_recipient(int processes, pid_t *child) {
    static char buffer[1 << 18];
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&place, length) || listen(listener, MOST_PROCESSES) ||
        getsockname(listener, (struct sockaddr *)&place, &length)) {
        perror("recipient");
        exit(1);
    }
    *child = fork();
    if (*child == 0) {
        prctl(PR_SET_PDEATHSIG, 9);
        struct pollfd senders[MOST_PROCESSES];
        for (int index = 0; index < processes; index++) senders[index] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
        for (int left = processes; left > 0;) {
            poll(senders, (nfds_t)processes, -1);
            for (int index = 0; index < processes; index++) {
                if (senders[index].fd < 0 || !senders[index].revents) continue;
                if (recv(senders[index].fd, buffer, sizeof buffer, 0) > 0) continue;
                senders[index].fd = -1;
                left--;
            }
        }
        _exit(0);
    }
    close(listener);
    return place;
}

static void prepare(int processes) {
    shared = share(sizeof *shared);
    folder_items = share(MOST_ITEMS * sizeof *folder_items);
    file_items = share(MOST_ITEMS * sizeof *file_items);
    text = share(MOST_TEXT);
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_barrierattr_t barrier;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->lock, &mutex);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->changed, &condition);
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->listed, &barrier, (unsigned)processes);
    add_folder("");
}

int main(int count, char **arguments) {
    char host[256] = "", name[256] = "";
    int port = 445, processes = count > 4 ? atoi(arguments[2]) : 0;
    password = getenv("FILEROOM_SMB_PASSWORD");
    if (count < 5 || processes < 1 || processes > MOST_PROCESSES || sscanf(arguments[3], "smb://%255[^:/]:%d/%255[^/]", host, &port, name) != 3 || !password) {
        fprintf(stderr, "usage: FILEROOM_SMB_PASSWORD=... bare_smb list|first|read|whole|send N smb://HOST:PORT/SHARE USER [off|required]\n");
        return 64;
    }
    snprintf(root, sizeof root, "smb://%s/%s", host, name);
    user = arguments[4];
    reads = strcmp(arguments[1], "list") != 0;
    only_first = !strcmp(arguments[1], "first");
    int sends = !strcmp(arguments[1], "send");
    whole = sends || !strcmp(arguments[1], "whole");
    int encrypts = count > 5 && !strcmp(arguments[5], "required");
    double start = seconds();
    prepare(processes);
    pid_t receiver = 0;
    struct sockaddr_in place = {0};
    if (sends) place = start_recipient(processes, &receiver);
    pid_t children[MOST_PROCESSES];
    for (int index = 0; index < processes; index++) {
        children[index] = fork();
        if (children[index] < 0) return 1;
        if (children[index] == 0) {
            prctl(PR_SET_PDEATHSIG, 9);
            if (sends) {
                recipient = socket(AF_INET, SOCK_STREAM, 0);
                if (recipient < 0 || connect(recipient, (struct sockaddr *)&place, sizeof place)) _exit(1);
            }
            work(port, encrypts);
            _exit(0);
        }
    }
    int failed = 0;
    for (int index = 0; index < processes + sends; index++) {
        int status = 0;
        pid_t ended = wait(&status);
        if (ended > 0 && status == 0) continue;
        failed = 1;
        /* The others would wait for it at the barrier. */
        for (int other = 0; other < processes; other++) kill(children[other], 9);
        if (sends) kill(receiver, 9);
    }
    printf("folders=%zu files=%zu read_files=%ld bytes=%ld errors=%ld list_seconds=%.6f seconds=%.6f\n", shared->folders, shared->files,
           shared->read_files, shared->bytes, shared->errors, shared->listed_at - start, seconds() - start);
    return failed || shared->errors > 0;
}
