// SPDX-License-Identifier: GPL-2.0
/* What was changed of each VM, one file each: /run/tandem/vm-PID.json. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tree.h"
#include "vm.h"

/* What is being written. */
#define NEW	".new"

static void put_list(json_t *object, const char *key, const struct cpus *c)
{
	char *list = cpus_list(c);

	put(object, key, json_string(list));
	free(list);
}

static json_t *to_json(const struct vm *vm)
{
	const struct claim *c = &vm->claim;
	json_t *object = json_object();

	put(object, "pid", json_integer(vm->pid));
	put(object, "start", json_integer(vm->start));
	put(object, "name", json_string(vm->name));
	put(object, "home", json_integer(c->home));
	put(object, "from", json_integer(c->from));
	put(object, "group", json_boolean(c->group));
	put(object, "taken", json_boolean(c->taken));
	put_list(object, "cpus", &c->cpus);
	put_list(object, "last", &c->last);
	put_list(object, "before", &c->before);
	put_list(object, "mems", &c->mems);
	put_list(object, "mems_before", &c->mems_before);
	return object;
}

static bool take_list(const json_t *object, const char *key, struct cpus *c)
{
	const char *list = json_string_value(json_object_get(object, key));

	return list && cpus_parse(c, list);
}

static bool take_node(const json_t *object, const char *key, uint8_t *node)
{
	const json_t *value = json_object_get(object, key);

	*node = json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       json_integer_value(value) <= TANDEM_NOWHERE;
}

static bool of_json(const json_t *object, struct claim *c)
{
	c->group = json_is_true(json_object_get(object, "group"));
	c->taken = json_is_true(json_object_get(object, "taken"));
	return take_node(object, "home", &c->home) && take_node(object, "from", &c->from) &&
	       take_list(object, "cpus", &c->cpus) && take_list(object, "last", &c->last) &&
	       take_list(object, "before", &c->before) && take_list(object, "mems", &c->mems) &&
	       take_list(object, "mems_before", &c->mems_before);
}

static char *claim_path(const struct host *h, pid_t pid, const char *suffix)
{
	return host_path(h, RUN_DIR "/vm-%d.json%s", pid, suffix);
}

static int write_synced(const char *path, const json_t *object)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int ret = 0;

	if (fd < 0)
		return -errno;
	errno = EIO;
	if (json_dumpfd(object, fd, JSON_INDENT(1)) || fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

/* Renamed: it is whole, or as it was. */
int claim_write(struct host *h, const struct vm *vm)
{
	char *path = claim_path(h, vm->pid, ""), *new = claim_path(h, vm->pid, NEW);
	json_t *object = to_json(vm);
	int ret = write_synced(new, object);

	if (!ret && rename(new, path))
		ret = -errno;
	json_decref(object);
	free(new);
	free(path);
	return ret;
}

void claim_drop(struct host *h, struct vm *vm)
{
	char *path = claim_path(h, vm->pid, "");

	unlink(path);
	free(path);
	vm->claimed = false;
	vm->claim = (struct claim){ .home = TANDEM_NOWHERE, .from = TANDEM_NOWHERE };
}

int claim_read(const struct host *h, struct vm *vm)
{
	char *path = claim_path(h, vm->pid, "");
	json_t *object = json_load_file(path, 0, NULL);
	int ret = !object && !access(path, F_OK) ? -1 : 0;

	free(path);
	if (object && (uint64_t)json_integer_value(json_object_get(object, "start")) == vm->start)
		ret = of_json(object, &vm->claim) ? 1 : -1;
	json_decref(object);
	vm->claimed = ret == 1;
	return ret;
}

static bool is_there(const struct vms *v, pid_t pid)
{
	for (unsigned int i = 0; i < v->nr; i++)
		if (v->vm[i]->pid == pid)
			return true;
	return false;
}

/* Of a VM that is gone; or half written, by a balancer that was killed: we have its lock. */
static bool is_left(const char *name, const struct vms *v)
{
	int pid, end = 0;

	if (sscanf(name, "vm-%d.json%n", &pid, &end) != 1 || !end)
		return false;
	return !strcmp(name + end, NEW) || !is_there(v, pid);
}

void claims_sweep(struct host *h, const struct vms *v)
{
	char *path = host_path(h, RUN_DIR);
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	while (dir && (entry = readdir(dir)))
		if (is_left(entry->d_name, v))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static int say_who(int fd, const char *path)
{
	char text[32] = "";

	if (errno != EWOULDBLOCK) {
		fprintf(stderr, "tandem balance: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	fprintf(stderr, "tandem balance: process %d balances already, and holds %s\n", atoi(text),
		path);
	return -1;
}

static int take_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		fprintf(stderr, "tandem balance: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		say_who(fd, path);
		close(fd);
		return -1;
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		fprintf(stderr, "tandem balance: %s: %s\n", path, strerror(errno));
	return fd;
}

/* Held until this process ends, however it does. */
int balance_lock(const struct host *h)
{
	char *dir = host_path(h, RUN_DIR), *path = host_path(h, RUN_DIR "/lock");
	int fd = -1;

	if (mkdir(dir, 0755) && errno != EEXIST)
		fprintf(stderr, "tandem balance: %s: %s\n", dir, strerror(errno));
	else
		fd = take_lock(path);
	free(path);
	free(dir);
	return fd;
}
