// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort() /* only malloc can fail; see overcommit */
#include <uthash.h>

struct name_key {
	int32_t space;
	int32_t value;
};

struct name_entry {
	struct name_key key;
	char *name;
	UT_hash_handle hh;
};

struct symbol_entry {
	uint64_t address;
	struct symbol symbol; /* its name is ours */
	UT_hash_handle hh;
};

struct netns_entry {
	uint32_t inode;
	char *name;
	UT_hash_handle hh;
};

struct process_key {
	uint64_t start_time;
	uint64_t pid;
};

struct process_entry {
	struct process_key key;
	struct process process;
	UT_hash_handle hh;
};

struct host {
	char *release;
	char *hostname;
	uint64_t start;
	int64_t realtime_offset;
	uint32_t hz;
	uint64_t version, netns_version;
	struct name_entry *names;
	struct symbol_entry *symbols;
	struct process_entry *processes;
	struct netns_entry *netns;
};

/*
 * Processes are kept in order of arrival and the oldest go first: a host that
 * starts a thousand a second for weeks must not fill our memory.
 */
#define MAX_PROCESSES 16384
#define MAX_NETNS     4096

struct host *host_new(void)
{
	struct host *host = calloc(1, sizeof(*host));

	if (host)
		host->hz = 250;
	return host;
}

static void process_entry_free(struct process_entry *entry)
{
	free(entry->process.exe);
	free(entry->process.cgroup);
	free(entry->process.cmdline);
	free(entry);
}

void host_free(struct host *host)
{
	struct name_entry *name, *next_name;
	struct symbol_entry *symbol, *next_symbol;
	struct process_entry *process, *next_process;
	struct netns_entry *netns, *next_netns;

	if (!host)
		return;
	HASH_ITER(hh, host->netns, netns, next_netns)
	{
		HASH_DEL(host->netns, netns);
		free(netns->name);
		free(netns);
	}
	HASH_ITER(hh, host->names, name, next_name)
	{
		HASH_DEL(host->names, name);
		free(name->name);
		free(name);
	}
	HASH_ITER(hh, host->symbols, symbol, next_symbol)
	{
		HASH_DEL(host->symbols, symbol);
		free((char *)symbol->symbol.name);
		free(symbol);
	}
	HASH_ITER(hh, host->processes, process, next_process)
	{
		HASH_DEL(host->processes, process);
		process_entry_free(process);
	}
	free(host->release);
	free(host->hostname);
	free(host);
}

static int learn_host(struct host *host, const struct fact *fact)
{
	free(host->release);
	free(host->hostname);
	host->release = strdup(fact->host.release);
	host->hostname = strdup(fact->host.hostname);
	host->start = fact->host.start;
	host->realtime_offset = fact->host.realtime_offset;
	if (fact->host.hz)
		host->hz = fact->host.hz;
	return host->release && host->hostname ? 0 : -ENOMEM;
}

static int learn_name(struct host *host, const struct fact *fact)
{
	struct name_key key = { fact->name.space, fact->name.value };
	struct name_entry *entry;

	HASH_FIND(hh, host->names, &key, sizeof(key), entry);
	if (entry)
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = key;
	entry->name = strdup(fact->name.name);
	if (!entry->name) {
		free(entry);
		return -ENOMEM;
	}
	HASH_ADD(hh, host->names, key, sizeof(key), entry);
	return 0;
}

static int learn_symbol(struct host *host, const struct fact *fact)
{
	struct symbol_entry *entry;
	uint64_t address = fact->symbol.address;

	HASH_FIND(hh, host->symbols, &address, sizeof(address), entry);
	if (entry)
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->address = address;
	entry->symbol.name = strdup(fact->symbol.name);
	if (!entry->symbol.name) {
		free(entry);
		return -ENOMEM;
	}
	entry->symbol.role = frame_role(entry->symbol.name);
	HASH_ADD(hh, host->symbols, address, sizeof(entry->address), entry);
	return 0;
}

static char *copy_or_null(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int learn_process(struct host *host, const struct fact *fact)
{
	struct process_key key = { fact->process.start_time,
				   fact->process.pid };
	struct process_entry *entry;

	HASH_FIND(hh, host->processes, &key, sizeof(key), entry);
	if (entry) {
		HASH_DEL(host->processes, entry);
		process_entry_free(entry);
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = key;
	entry->process.pid = fact->process.pid;
	entry->process.start_time = fact->process.start_time;
	entry->process.uid = fact->process.uid;
	strncpy(entry->process.comm, fact->process.comm,
		sizeof(entry->process.comm) - 1);
	entry->process.exe = copy_or_null(fact->process.exe);
	entry->process.cgroup = copy_or_null(fact->process.cgroup);
	entry->process.cmdline = copy_or_null(fact->process.cmdline);
	HASH_ADD(hh, host->processes, key, sizeof(key), entry);
	host->version++;
	if (HASH_COUNT(host->processes) > MAX_PROCESSES) {
		entry = host->processes; /* the first is the oldest */
		HASH_DEL(host->processes, entry);
		process_entry_free(entry);
	}
	return 0;
}

static int learn_netns(struct host *host, const struct fact *fact)
{
	uint32_t inode = fact->netns.inode;
	struct netns_entry *entry;

	HASH_FIND(hh, host->netns, &inode, sizeof(inode), entry);
	if (entry) {
		HASH_DEL(host->netns, entry);
		free(entry->name);
		free(entry);
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->inode = inode;
	entry->name = strdup(fact->netns.name);
	if (!entry->name) {
		free(entry);
		return -ENOMEM;
	}
	HASH_ADD(hh, host->netns, inode, sizeof(entry->inode), entry);
	host->netns_version++;
	if (HASH_COUNT(host->netns) > MAX_NETNS) {
		entry = host->netns; /* the first is the oldest */
		HASH_DEL(host->netns, entry);
		free(entry->name);
		free(entry);
	}
	return 0;
}

int host_learn(struct host *host, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_HOST:
		return learn_host(host, fact);
	case FACT_NAME:
		return learn_name(host, fact);
	case FACT_SYMBOL:
		return learn_symbol(host, fact);
	case FACT_PROCESS:
		return learn_process(host, fact);
	case FACT_NETNS:
		return learn_netns(host, fact);
	case FACT_SCOPE:
	case FACT_COUNTS:
	case FACT_KINDS:
		break; /* about the watching, not about the host */
	}
	return 0;
}

uint64_t host_version(const struct host *host)
{
	return host->version;
}

uint64_t host_netns_version(const struct host *host)
{
	return host->netns_version;
}

const char *host_release(const struct host *host)
{
	return host->release ? host->release : "";
}

const char *host_hostname(const struct host *host)
{
	return host->hostname ? host->hostname : "";
}

uint64_t host_start(const struct host *host)
{
	return host->start;
}

uint64_t host_realtime(const struct host *host, uint64_t monotonic)
{
	return monotonic + (uint64_t)host->realtime_offset;
}

uint64_t host_jiffies_us(const struct host *host, uint64_t jiffies)
{
	return jiffies * (1000000 / host->hz);
}

const char *host_name(const struct host *host, enum name_space space,
		      int32_t value)
{
	struct name_key key = { space, value };
	struct name_entry *entry;

	HASH_FIND(hh, host->names, &key, sizeof(key), entry);
	return entry ? entry->name : NULL;
}

const struct symbol *host_frame(const struct host *host, uint64_t address)
{
	struct symbol_entry *entry;

	HASH_FIND(hh, host->symbols, &address, sizeof(address), entry);
	return entry ? &entry->symbol : NULL;
}

const char *host_symbol(const struct host *host, uint64_t address)
{
	const struct symbol *symbol = host_frame(host, address);

	return symbol ? symbol->name : NULL;
}

const char *host_netns(const struct host *host, uint32_t inode)
{
	struct netns_entry *entry;

	HASH_FIND(hh, host->netns, &inode, sizeof(inode), entry);
	return entry && *entry->name ? entry->name : NULL;
}

const struct process *host_process(const struct host *host, uint32_t pid,
				   uint64_t start_time)
{
	struct process_key key = { start_time, pid };
	struct process_entry *entry;

	HASH_FIND(hh, host->processes, &key, sizeof(key), entry);
	return entry ? &entry->process : NULL;
}
