/* The floor for reading a share with libsmbclient: N processes that do nothing else.
 *
 *   gcc -O2 -o bare_smb benchmarks/bare_smb.c $(pkg-config --cflags --libs smbclient) -lpthread
 *   BARE_SMB_PASSWORD=… bare_smb HOST PORT SHARE USER PROCESSES [headers [BYTES]]
 *
 * Enumerates the whole share with smbc_readdirplus; with `headers` it then reads the first BYTES (8192) of each file. The folders to list and the
 * files to read are in memory that all processes share, and each process takes the next. Prints one JSON object: what was found, and seconds from
 * before the first process is started until the last is done, for each of the two parts.
 *
 * BARE_SMB_ENCRYPT=0, 1 or 2: encryption off, if offered (as Fileroom's default), required.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT_BYTES (4ULL << 30)
#define MOST_FILES (8U << 20)
#define MOST_FOLDERS (2U << 20)

typedef struct {
	uint64_t path;
	uint64_t size;
} item;

/* One arena for paths, two tables into it; MAP_NORESERVE: only what is used takes memory. */
static struct shared {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t text_used;
	uint32_t files, folders, next_folder, busy;
	_Atomic uint32_t next_file;
	_Atomic uint64_t entries, bytes, errors;
	item file[MOST_FILES];
	item folder[MOST_FOLDERS];
	char text[TEXT_BYTES];
} *all;

static const char *host, *share, *user, *password;
static int port, encrypt = 1, read_bytes = 8192;

static void login(SMBCCTX *c, const char *server, const char *name, char *workgroup, int wl, char *u, int ul, char *p, int pl)
{
	(void)c, (void)server, (void)name;
	snprintf(workgroup, wl, "WORKGROUP");
	snprintf(u, ul, "%s", user);
	snprintf(p, pl, "%s", password);
}

static SMBCCTX *context(void)
{
	SMBCCTX *c = smbc_new_context();
	smbc_setOptionDebugToStderr(c, 1);
	smbc_setOptionNoAutoAnonymousLogin(c, 1);
	smbc_setOptionSmbEncryptionLevel(c, encrypt);
	smbc_setTimeout(c, 20000);
	smbc_setFunctionAuthDataWithContext(c, login);
	if (!smbc_init_context(c)) exit(1);
	smbc_setPort(c, port);
	smbc_setUser(c, (char *)user);
	smbc_setWorkgroup(c, "WORKGROUP");
	return c;
}

/* Only what must be: the rest of a path goes as it is. */
static void url(char *to, size_t room, const char *path)
{
	size_t n = (size_t)snprintf(to, room, "smb://%s/%s", host, share);
	if (*path && n + 1 < room) to[n++] = '/';
	for (; *path && n + 4 < room; path++)
		if (*path == '%' || *path == '?' || *path == '#' || (unsigned char)*path <= ' ')
			n += (size_t)snprintf(to + n, room - n, "%%%02X", (unsigned char)*path);
		else
			to[n++] = *path;
	to[n] = 0;
}

static uint64_t keep(const char *folder, const char *name)
{
	uint64_t at = all->text_used;
	all->text_used += (uint64_t)sprintf(all->text + at, "%s%s%s", folder, *folder ? "/" : "", name) + 1;
	return at;
}

static void list_folder(SMBCCTX *c, const char *path)
{
	char address[16384];
	url(address, sizeof address, path);
	SMBCFILE *d = smbc_getFunctionOpendir(c)(c, address);
	if (!d) { all->errors++; return; }
	const struct libsmb_file_info *f;
	while ((f = smbc_getFunctionReaddirPlus(c)(c, d))) {
		if (!strcmp(f->name, ".") || !strcmp(f->name, "..")) continue;
		all->entries++;
		pthread_mutex_lock(&all->lock);
		if (f->attrs & 0x10) {
			if (all->folders < MOST_FOLDERS) all->folder[all->folders++] = (item){keep(path, f->name), 0};
			pthread_cond_signal(&all->changed);
		} else if (all->files < MOST_FILES) {
			all->file[all->files++] = (item){keep(path, f->name), f->size};
		}
		pthread_mutex_unlock(&all->lock);
	}
	smbc_getFunctionClosedir(c)(c, d);
}

static void enumerate(SMBCCTX *c)
{
	pthread_mutex_lock(&all->lock);
	for (;;) {
		while (all->next_folder == all->folders && all->busy) pthread_cond_wait(&all->changed, &all->lock);
		if (all->next_folder == all->folders) break;
		const char *path = all->text + all->folder[all->next_folder++].path;
		all->busy++;
		pthread_mutex_unlock(&all->lock);
		list_folder(c, path);
		pthread_mutex_lock(&all->lock);
		all->busy--;
		pthread_cond_broadcast(&all->changed);
	}
	pthread_mutex_unlock(&all->lock);
}

static void read_files(SMBCCTX *c)
{
	char address[16384], *buffer = malloc((size_t)read_bytes);
	for (;;) {
		uint32_t i = all->next_file++;
		if (i >= all->files) break;
		uint64_t size = all->file[i].size;
		if (!size) continue;
		url(address, sizeof address, all->text + all->file[i].path);
		SMBCFILE *f = smbc_getFunctionOpen(c)(c, address, O_RDONLY, 0);
		if (!f) { all->errors++; continue; }
		ssize_t n = smbc_getFunctionRead(c)(c, f, buffer, size < (uint64_t)read_bytes ? size : (size_t)read_bytes);
		if (n < 0) all->errors++; else all->bytes += (uint64_t)n;
		smbc_getFunctionClose(c)(c, f);
	}
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int count, char **arguments)
{
	if (count < 6) { fprintf(stderr, "bare_smb HOST PORT SHARE USER PROCESSES [headers [BYTES]]\n"); return 64; }
	host = arguments[1], port = atoi(arguments[2]), share = arguments[3], user = arguments[4];
	int processes = atoi(arguments[5]), headers = count > 6 && !strcmp(arguments[6], "headers");
	if (count > 7) read_bytes = atoi(arguments[7]);
	if (getenv("BARE_SMB_ENCRYPT")) encrypt = atoi(getenv("BARE_SMB_ENCRYPT"));
	password = getenv("BARE_SMB_PASSWORD") ? getenv("BARE_SMB_PASSWORD") : "";
	char home[] = "/tmp/bare-smb-XXXXXX";
	if (!mkdtemp(home) || setenv("HOME", home, 1)) return 1;
	all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (all == MAP_FAILED) { perror("mmap"); return 1; }
	pthread_mutexattr_t ma;
	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&all->lock, &ma);
	pthread_condattr_t ca;
	pthread_condattr_init(&ca);
	pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&all->changed, &ca);
	all->text[0] = 0, all->text_used = 1;
	all->folder[all->folders++] = (item){0, 0};
	double seconds[2] = {0, 0};
	for (int part = 0; part < 1 + headers; part++) {
		double start = now();
		for (int i = 0; i < processes; i++)
			if (!fork()) {
				SMBCCTX *c = context();
				if (part) read_files(c); else enumerate(c);
				_exit(0);
			}
		while (wait(NULL) > 0) {}
		seconds[part] = now() - start;
	}
	rmdir(home);
	printf("{\"processes\": %d, \"folders\": %u, \"entries\": %llu, \"files\": %u, \"list_seconds\": %.4f, \"read_seconds\": %.4f, \"bytes\": %llu, \"errors\": %llu}\n",
	       processes, all->folders, (unsigned long long)all->entries, all->files, seconds[0], seconds[1], (unsigned long long)all->bytes,
	       (unsigned long long)all->errors);
	return 0;
}
