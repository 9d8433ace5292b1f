#ifndef CSQLITE_FAULTS_H
#define CSQLITE_FAULTS_H

// A layer around SQLite's own file system that makes chosen operations fail, for tests.

enum {
    /// Writes, truncations and the growth of the write-ahead log's index fail as on a full disk.
    SQLITE_FAULTS_FULL = 1,
    /// Writes fail after half of their bytes, as on a broken disk.
    SQLITE_FAULTS_WRITE = 2,
    /// fsync fails.
    SQLITE_FAULTS_SYNC = 4,
};

/// Puts the layer in front of the files that SQLite opens from now on. Returns SQLite's code; calling it again does nothing.
int sqlite_faults_install(void);

/// Watches the files whose path begins with `prefix`: counts their operations, all of which work until `sqlite_faults_arm`. Nothing is
/// really synchronized there, since a test that doesn't cut the power needs no wait for the disk. Returns a handle, negative where too
/// many are in use.
int sqlite_faults_watch(const char *prefix);

/// From the operation `first` on (counted from 1 with the watch), the next `count` operations of the given kinds fail.
void sqlite_faults_arm(int handle, int kinds, long first, long count);

/// Lets everything work again.
void sqlite_faults_disarm(int handle);

/// Operations so far that could have failed.
long sqlite_faults_operations(int handle);

/// Operations that were made to fail.
long sqlite_faults_failures(int handle);

/// Ends the watch.
void sqlite_faults_end(int handle);

#endif
