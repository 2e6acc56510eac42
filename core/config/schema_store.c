/* SPDX-License-Identifier: Apache-2.0 */
/* Where messages are kept: stores, lockers, what happens when a disk fails. */
#include "walk.h"

static void *begin_memory(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    walk->wants_memory_store = true;
    return parent;
}

static void *begin_adapter(struct walk *walk, const xmlNode *node, void *parent)
{
    walk->persistence_place = walk_place(walk, node);
    return parent;
}

/* clang-format off */
#define WHY_INDEX  "there is no such index here"
#define WHY_DISK   "this version writes no messages to disk"
#define WHY_LOCK   "without a store on disk there is nothing to lock"

static const struct schema_word sync_strategies[] = {
    {"ALWAYS", 0}, {"PERIODIC", 1}, {"NEVER", 2}, {NULL, 0}};
static const struct schema_word preallocations[] = {
    {"sparse_file", 0}, {"os_kernel_copy", 1}, {"zeros", 2}, {"chunked_zeros", 3}, {NULL, 0}};
static const struct schema_word scopes[] = {
    {"entire_journal", 0}, {"entire_journal_async", 1}, {"none", 2}, {NULL, 0}};
static const struct schema_word xa_strategies[] = {
    {"NEVER", 0}, {"COMMIT", 1}, {"ROLLBACK", 2}, {NULL, 0}};

#define LOCKER_ROWS \
    N_INT(IGNORED, "lockAcquireSleepInterval", "10000", WHY_LOCK), \
    N_BOOL(IGNORED, "failIfLocked", "false", WHY_LOCK), \
    N_TEXT(IGNORED, "name", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "lockable", NULL, WHY_SPRING)

static const struct schema_element file_locker = {
    .name = "shared-file-locker", .disposition = IGNORED, .meaning = WHY_LOCK,
    .attributes = ATTRIBUTES(N_TEXT(IGNORED, "directory", NULL, WHY_LOCK), LOCKER_ROWS),
};
#define NO_JDBC "there is no JDBC here: the broker keeps its messages itself"
#define JDBC(var, element_name) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = REFUSED, .meaning = NO_JDBC }
JDBC(database_locker, "database-locker");
JDBC(lease_locker, "lease-database-locker");
JDBC(transact_locker, "transact-database-locker");
static const struct schema_element locker = {
    .name = "locker", .meaning = "how two brokers on one store keep apart",
    .children = CHILDREN(&file_locker, &database_locker, &lease_locker, &transact_locker),
};

#define STORE_ROWS \
    N_TEXT(IGNORED, "directory", NULL, WHY_DISK), \
    N_BOOL(IGNORED, "useLock", "true", WHY_LOCK), \
    N_INT(IGNORED, "lockKeepAlivePeriod", "0", WHY_LOCK), \
    N_BOOL(IGNORED, "stopOnError", "false", WHY_DISK), \
    N_TEXT(IGNORED, "brokerName", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "usageManager", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "scheduledThreadPoolExecutor", NULL, WHY_JVM)

static const struct schema_element kaha_db = {
    .name = "kahaDB", .meaning = "ActiveMQ's store in files; its settings are checked",
    .attributes = ATTRIBUTES(
        STORE_ROWS,
        N_SIZE(IGNORED, "journalMaxFileLength", "32mb", WHY_DISK),
        N_SIZE(IGNORED, "journalMaxWriteBatchSize", "4mb", WHY_DISK),
        N_BOOL(IGNORED, "enableJournalDiskSyncs", "true", WHY_DISK),
        N_WORD(IGNORED, "journalDiskSyncStrategy", sync_strategies, "ALWAYS", WHY_DISK),
        N_INT(IGNORED, "journalDiskSyncInterval", "1000", WHY_DISK),
        N_WORD(IGNORED, "preallocationStrategy", preallocations, "sparse_file", WHY_DISK),
        N_WORD(IGNORED, "preallocationScope", scopes, "entire_journal", WHY_DISK),
        N_INT(IGNORED, "checkpointInterval", "5000", WHY_DISK),
        N_INT(IGNORED, "cleanupInterval", "30000", WHY_DISK),
        N_BOOL(IGNORED, "cleanupOnStop", "true", WHY_DISK),
        N_BOOL(IGNORED, "concurrentStoreAndDispatchQueues", "true", WHY_DISK),
        N_BOOL(IGNORED, "concurrentStoreAndDispatchTopics", "false", WHY_DISK),
        N_INT(IGNORED, "maxAsyncJobs", "10000", WHY_THREADS),
        N_BOOL(IGNORED, "checksumJournalFiles", "true", WHY_DISK),
        N_BOOL(IGNORED, "checkForCorruptJournalFiles", "false", WHY_DISK),
        N_BOOL(IGNORED, "ignoreMissingJournalfiles", "false", WHY_DISK),
        N_BOOL(IGNORED, "archiveDataLogs", "false", WHY_DISK),
        N_TEXT(IGNORED, "directoryArchive", NULL, WHY_DISK),
        N_BOOL(IGNORED, "enableAckCompaction", "true", WHY_DISK),
        N_INT(IGNORED, "compactAcksAfterNoGC", "10", WHY_DISK),
        N_BOOL(IGNORED, "compactAcksIgnoresStoreGrowth", "false", WHY_DISK),
        N_INT(IGNORED, "failoverProducersAuditDepth", "2048", WHY_DISK),
        N_INT(IGNORED, "maxFailoverProducersToTrack", "64", WHY_DISK),
        N_BOOL(IGNORED, "enableSubscriptionStatistics", "false", WHY_DISK),
        N_WORD(IGNORED, "purgeRecoveredXATransactionStrategy", xa_strategies, "NEVER", WHY_DISK),
        N_INT(IGNORED, "databaseLockedWaitDelay", "10000", WHY_LOCK),
        N_INT(IGNORED, "indexCacheSize", "10000", WHY_INDEX),
        N_INT(IGNORED, "indexWriteBatchSize", "1000", WHY_INDEX),
        N_BOOL(IGNORED, "enableIndexWriteAsync", "false", WHY_INDEX),
        N_BOOL(IGNORED, "enableIndexDiskSyncs", "true", WHY_INDEX),
        N_BOOL(IGNORED, "enableIndexRecoveryFile", "true", WHY_INDEX),
        N_BOOL(IGNORED, "enableIndexPageCaching", "true", WHY_INDEX),
        N_TEXT(IGNORED, "indexDirectory", NULL, WHY_INDEX),
        N_BOOL(IGNORED, "archiveCorruptedIndex", "false", WHY_INDEX),
        N_BOOL(IGNORED, "forceRecoverIndex", "false", WHY_INDEX),
        N_BOOL(IGNORED, "useIndexLFRUEviction", "false", WHY_INDEX),
        N_REAL(IGNORED, "indexLFUEvictionFactor", "0.2", WHY_INDEX),
        N_TEXT(IGNORED, "transactionIdTransformer", NULL, WHY_SPRING)),
    .children = CHILDREN(&locker),
};

static const struct schema_element filtered_usage = {
    .name = "usage", .disposition = IGNORED, .flags = ELEMENT_OPAQUE, .meaning = WHY_DISK,
};
static const struct schema_element inner_adapter = {
    .name = "persistenceAdapter", .meaning = "the store", .children = CHILDREN(&kaha_db),
};
static const struct schema_element filtered_kaha_db = {
    .name = "filteredKahaDB", .flags = ELEMENT_REPEATS, .meaning = "one of several stores",
    .attributes = ATTRIBUTES(
        N_TEXT(IGNORED, "queue", NULL, WHY_DISK),
        N_TEXT(IGNORED, "topic", NULL, WHY_DISK),
        N_BOOL(IGNORED, "tempQueue", NULL, WHY_DISK),
        N_BOOL(IGNORED, "tempTopic", NULL, WHY_DISK),
        N_BOOL(IGNORED, "perDestination", "false", WHY_DISK)),
    .children = CHILDREN(&filtered_usage, &inner_adapter),
};
static const struct schema_element filtered_adapters = {
    .name = "filteredPersistenceAdapters", .meaning = "several stores",
    .children = CHILDREN(&filtered_kaha_db),
};
static const struct schema_element m_kaha_db = {
    .name = "mKahaDB", .meaning = "several stores in files; their settings are checked",
    .attributes = ATTRIBUTES(
        STORE_ROWS,
        N_SIZE(IGNORED, "journalMaxFileLength", "32mb", WHY_DISK),
        N_SIZE(IGNORED, "journalWriteBatchSize", "4mb", WHY_DISK),
        N_INT(IGNORED, "journalCleanupInterval", "30000", WHY_DISK),
        N_BOOL(IGNORED, "checkForCorruption", "false", WHY_DISK),
        N_TEXT(IGNORED, "transactionStore", NULL, WHY_SPRING)),
    .children = CHILDREN(&filtered_adapters, &locker),
};
static const struct schema_element memory_adapter = {
    .name = "memoryPersistenceAdapter", .meaning = "messages are kept in memory",
    .begin = begin_memory,
    .attributes = ATTRIBUTES(
        N_BOOL(IGNORED, "createTransactionStore", "false", WHY_SPRING),
        N_TEXT(IGNORED, "directory", NULL, WHY_DISK),
        N_TEXT(IGNORED, "brokerName", NULL, WHY_SPRING),
        N_TEXT(IGNORED, "usageManager", NULL, WHY_SPRING),
        N_BOOL(IGNORED, "useExternalMessageReferences", "false", WHY_SPRING)),
};
JDBC(jdbc_adapter, "jdbcPersistenceAdapter");
static const struct schema_element journaled_jdbc = {
    .name = "journaledJDBC", .disposition = REFUSED, .meaning = NO_JDBC,
};
static const struct schema_element journal_adapter = {
    .name = "journalPersistenceAdapter", .disposition = REFUSED,
    .meaning = "this store was removed from ActiveMQ: write <kahaDB>",
};
#define REMOVED(var, element_name) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = REFUSED, \
        .meaning = "this store was removed from ActiveMQ: write <kahaDB>" }
REMOVED(level_db, "levelDB");
REMOVED(replicated_level_db, "replicatedLevelDB");
REMOVED(amq_adapter, "amqPersistenceAdapter");
REMOVED(journal_factory, "journalPersistenceAdapterFactory");
REMOVED(amq_factory, "amqPersistenceAdapterFactory");

const struct schema_element schema_persistence_adapter = {
    .name = "persistenceAdapter", .flags = ELEMENT_ONE_OF,
    .meaning = "the store for persistent messages",
    .begin = begin_adapter,
    .children = CHILDREN(&kaha_db, &m_kaha_db, &memory_adapter, &jdbc_adapter, &journaled_jdbc,
                         &journal_adapter, &level_db, &replicated_level_db, &amq_adapter),
};
const struct schema_element schema_persistence_factory = {
    .name = "persistenceFactory", .meaning = "stores of old versions",
    .children = CHILDREN(&journal_factory, &amq_factory, &journaled_jdbc),
};

static const struct schema_element plist_store = {
    .name = "pListStoreImpl", .disposition = IGNORED, .meaning = WHY_DISK,
    .attributes = ATTRIBUTES(
        N_TEXT(IGNORED, "directory", NULL, WHY_DISK),
        N_TEXT(IGNORED, "indexDirectory", NULL, WHY_DISK),
        N_SIZE(IGNORED, "journalMaxFileLength", "32mb", WHY_DISK),
        N_SIZE(IGNORED, "journalMaxWriteBatchSize", "4mb", WHY_DISK),
        N_INT(IGNORED, "cleanupInterval", "30000", WHY_DISK),
        N_BOOL(IGNORED, "failIfDatabaseIsLocked", "false", WHY_LOCK),
        N_BOOL(IGNORED, "lazyInit", "true", WHY_DISK),
        N_INT(IGNORED, "indexCacheSize", "10000", WHY_INDEX),
        N_INT(IGNORED, "indexPageSize", "4096", WHY_INDEX),
        N_INT(IGNORED, "indexWriteBatchSize", "1000", WHY_INDEX),
        N_BOOL(IGNORED, "indexEnablePageCaching", "true", WHY_INDEX),
        N_BOOL(IGNORED, "enableIndexWriteAsync", "false", WHY_INDEX),
        N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING)),
};
const struct schema_element schema_temp_data_store = {
    .name = "tempDataStore", .flags = ELEMENT_BEANS_OK,
    .meaning = "where non-persistent messages beyond memory go",
    .children = CHILDREN(&plist_store),
};
const struct schema_element schema_job_scheduler_store = {
    .name = "jobSchedulerStore", .disposition = MISSED, .flags = ELEMENT_OPAQUE,
    .meaning = "scheduled messages are kept in memory",
};

#define WHY_IO "this version writes no messages to disk"
#define IO_ROWS ATTRIBUTES( \
    N_BOOL(IGNORED, "ignoreAllErrors", "false", WHY_IO), \
    N_BOOL(IGNORED, "ignoreNoSpaceErrors", "true", WHY_IO), \
    N_BOOL(IGNORED, "ignoreSQLExceptions", "true", WHY_IO), \
    N_TEXT(IGNORED, "noSpaceMessage", "space", WHY_IO), \
    N_TEXT(IGNORED, "sqlExceptionMessage", NULL, WHY_IO), \
    N_BOOL(IGNORED, "stopStartConnectors", "false", WHY_IO), \
    N_INT(IGNORED, "resumeCheckSleepPeriod", "5000", WHY_IO), \
    N_BOOL(IGNORED, "systemExitOnShutdown", "false", WHY_IO), \
    N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING))
static const struct schema_element default_io_handler = {
    .name = "defaultIOExceptionHandler", .disposition = IGNORED, .meaning = WHY_IO,
    .attributes = IO_ROWS,
};
static const struct schema_element jdbc_io_handler = {
    .name = "jDBCIOExceptionHandler", .disposition = IGNORED, .meaning = WHY_IO,
    .attributes = IO_ROWS,
};
static const struct schema_element lease_io_handler = {
    .name = "leaseLockerIOExceptionHandler", .disposition = IGNORED, .meaning = WHY_IO,
    .attributes = IO_ROWS,
};
const struct schema_element schema_io_exception_handler = {
    .name = "ioExceptionHandler", .meaning = "what happens when the disk fails",
    .flags = ELEMENT_BEANS_OK,
    .children = CHILDREN(&default_io_handler, &jdbc_io_handler, &lease_io_handler),
};
/* clang-format on */
