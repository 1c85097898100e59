/* The floor for a local tree: nothing but the system calls.
 *
 *   bare_local walk|read DIR [THREADS]
 *
 * walk: every entry with its size and times (openat, getdents, fstatat).
 * read: every file's first 8 KiB (openat, pread, close) besides the listing of the folders, without their sizes.
 * Threads take folders from one queue. Prints files, folders, bytes, seconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 8192, MOST_THREADS = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char **waiting;
static size_t waiting_count, waiting_capacity, under_way;
static int reads;
static atomic_long files, folders, bytes, errors;

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void push(char *folder) {
    pthread_mutex_lock(&lock);
    if (waiting_count == waiting_capacity) {
        waiting_capacity = waiting_capacity ? waiting_capacity * 2 : 1024;
        waiting = realloc(waiting, waiting_capacity * sizeof *waiting);
        if (!waiting) abort();
    }
    waiting[waiting_count++] = folder;
    under_way++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static char *take(void) {
    pthread_mutex_lock(&lock);
    while (waiting_count == 0 && under_way > 0) pthread_cond_wait(&changed, &lock);
    char *folder = waiting_count ? waiting[--waiting_count] : NULL;
    pthread_mutex_unlock(&lock);
    return folder;
}

static void finish(void) {
    pthread_mutex_lock(&lock);
    if (--under_way == 0) pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void visit_file(int folder, const char *name) {
    static _Thread_local char buffer[READ_SIZE];
    if (!reads) {
        struct stat status;
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) errors++;
        return;
    }
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOATIME);
    if (file < 0) file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : pread(file, buffer, sizeof buffer, 0);
    if (got < 0) errors++;
    else bytes += got;
    if (file >= 0) close(file);
}

static void visit_folder(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        errors++;
        return;
    }
    long found = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (entry->d_type == DT_DIR) {
            char *below;
            if (asprintf(&below, "%s/%s", path, entry->d_name) < 0) abort();
            push(below);
        } else if (entry->d_type == DT_REG) {
            visit_file(dirfd(folder), entry->d_name);
            found++;
        }
    }
    closedir(folder);
    files += found;
    folders++;
}

static void *work(void *unused) {
    (void)unused;
    for (char *folder; (folder = take());) {
        visit_folder(folder);
        free(folder);
        finish();
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 3 || (strcmp(arguments[1], "walk") && strcmp(arguments[1], "read"))) {
        fprintf(stderr, "usage: bare_local walk|read DIR [THREADS]\n");
        return 64;
    }
    reads = !strcmp(arguments[1], "read");
    int threads = count > 3 ? atoi(arguments[3]) : 2;
    if (threads < 1 || threads > MOST_THREADS) threads = 2;
    double start = seconds();
    push(strdup(arguments[2]));
    pthread_t others[MOST_THREADS];
    for (int index = 1; index < threads; index++) pthread_create(&others[index], NULL, work, NULL);
    work(NULL);
    for (int index = 1; index < threads; index++) pthread_join(others[index], NULL);
    printf("files=%ld folders=%ld bytes=%ld errors=%ld seconds=%.6f\n", files, folders, bytes, errors, seconds() - start);
    return errors > 0;
}
