#include "CSQLiteFaults.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

enum { WATCHES_MAX = 32, PREFIX_BYTES_MAX = 512 };

typedef struct {
    int is_used;
    char prefix[PREFIX_BYTES_MAX];
    int kinds;
    long first, count;
    long operations, failures;
} Watch;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Watch watches[WATCHES_MAX];
static sqlite3_vfs layer;
static sqlite3_vfs *real_vfs;

/// A file of ours, with the real one behind it in the same allocation.
typedef struct {
    sqlite3_file base;
    const char *path;
    sqlite3_file real[];
} File;

static sqlite3_file *real(sqlite3_file *file) { return ((File *)file)->real; }

typedef enum { works, fails, unwatched } Fate;

/// Counts an operation of `kinds` on a file, and says what becomes of it; `kind` is then the reason.
static Fate fate(sqlite3_file *file, int kinds, int *kind) {
    const char *path = ((File *)file)->path;
    if (!path) return unwatched;
    Fate fate = unwatched;
    pthread_mutex_lock(&lock);
    for (int index = 0; index < WATCHES_MAX && fate == unwatched; index++) {
        Watch *watch = &watches[index];
        if (!watch->is_used || strncmp(path, watch->prefix, strlen(watch->prefix)) != 0) continue;
        fate = works;
        watch->operations++;
        *kind = watch->kinds & kinds;
        if (*kind && watch->count > 0 && watch->operations >= watch->first) {
            watch->count--;
            watch->failures++;
            fate = fails;
        }
    }
    pthread_mutex_unlock(&lock);
    return fate;
}

// Operations that can be made to fail

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    int kind = 0;
    if (fate(file, SQLITE_FAULTS_FULL | SQLITE_FAULTS_WRITE, &kind) != fails) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
    if (kind & SQLITE_FAULTS_FULL) return SQLITE_FULL;
    if (count > 1) real(file)->pMethods->xWrite(real(file), bytes, count / 2, offset);
    return SQLITE_IOERR_WRITE;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int kind = 0;
    if (fate(file, SQLITE_FAULTS_WRITE, &kind) == fails) return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags) {
    int kind = 0;
    switch (fate(file, SQLITE_FAULTS_SYNC, &kind)) {
    case fails: return SQLITE_IOERR_FSYNC;
    case works: return SQLITE_OK;
    case unwatched: break;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}

static int file_shm_map(sqlite3_file *file, int page, int page_bytes, int extends, void volatile **mapped) {
    int kind = 0;
    if (extends && fate(file, SQLITE_FAULTS_FULL, &kind) == fails) return SQLITE_IOERR_SHMSIZE;
    return real(file)->pMethods->xShmMap(real(file), page, page_bytes, extends, mapped);
}

// All others go straight through

static int file_close(sqlite3_file *file) {
    return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}
static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return real(file)->pMethods->xFileSize(real(file), size); }
static int file_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int file_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int file_check_reserved(sqlite3_file *file, int *result) { return real(file)->pMethods->xCheckReservedLock(real(file), result); }
static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int file_sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int file_characteristics(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int file_shm_unmap(sqlite3_file *file, int removes) { return real(file)->pMethods->xShmUnmap(real(file), removes); }
static int file_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **bytes) {
    return real(file)->pMethods->xFetch(real(file), offset, count, bytes);
}
static int file_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *bytes) {
    return real(file)->pMethods->xUnfetch(real(file), offset, bytes);
}

static const sqlite3_io_methods methods = {
    3, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock, file_check_reserved, file_control,
    file_sector_size, file_characteristics, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, file_fetch, file_unfetch,
};

static int layer_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    File *ours = (File *)file;
    // SQLite keeps the name until the file is closed.
    ours->path = name;
    ours->base.pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, ours->real, flags, out_flags);
    if (ours->real->pMethods) ours->base.pMethods = &methods;
    return code;
}

int sqlite_faults_install(void) {
    int code = SQLITE_OK;
    pthread_mutex_lock(&lock);
    if (!real_vfs) {
        real_vfs = sqlite3_vfs_find(NULL);
        if (real_vfs) {
            // The other methods take the real one's own state through the same pAppData and work on names alone.
            layer = *real_vfs;
            layer.zName = "faults";
            layer.pNext = NULL;
            layer.szOsFile = (int)sizeof(File) + real_vfs->szOsFile;
            layer.xOpen = layer_open;
            code = sqlite3_vfs_register(&layer, 1);
        } else {
            code = SQLITE_ERROR;
        }
    }
    pthread_mutex_unlock(&lock);
    return code;
}

int sqlite_faults_watch(const char *prefix) {
    int handle = -1;
    pthread_mutex_lock(&lock);
    for (int index = 0; index < WATCHES_MAX && handle < 0 && strlen(prefix) < PREFIX_BYTES_MAX; index++) {
        if (watches[index].is_used) continue;
        memset(&watches[index], 0, sizeof watches[index]);
        watches[index].is_used = 1;
        strcpy(watches[index].prefix, prefix);
        handle = index;
    }
    pthread_mutex_unlock(&lock);
    return handle;
}

void sqlite_faults_arm(int handle, int kinds, long first, long count) {
    pthread_mutex_lock(&lock);
    watches[handle].kinds = kinds;
    watches[handle].first = first;
    watches[handle].count = count;
    pthread_mutex_unlock(&lock);
}

void sqlite_faults_disarm(int handle) { sqlite_faults_arm(handle, 0, 0, 0); }

static long counter(const long *value) {
    pthread_mutex_lock(&lock);
    long result = *value;
    pthread_mutex_unlock(&lock);
    return result;
}

long sqlite_faults_operations(int handle) { return counter(&watches[handle].operations); }
long sqlite_faults_failures(int handle) { return counter(&watches[handle].failures); }

void sqlite_faults_end(int handle) {
    pthread_mutex_lock(&lock);
    watches[handle].is_used = 0;
    pthread_mutex_unlock(&lock);
}
