// SPDX-License-Identifier: GPL-2.0
/*
 * Cpusets, of both versions of cgroups. What they allow is a bound; a group that has
 * nobody but the VM in it is also the way to confine it: threads that it will start
 * are confined, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tree.h"
#include "proc.h"
#include "vm.h"

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* Where a version of cgroups is mounted; the caller frees. */
static char *mount_point(const struct host *h, bool v2)
{
	char *text = tree_read(h->root, "/proc/mounts"), *rest = text, *line, *found = NULL;
	char path[512], type[64], options[1024];

	while (text && !found && (line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%*s %511s %63s %1023s", path, type, options) != 3)
			continue;
		if (v2 ? !strcmp(type, "cgroup2") :
			 !strcmp(type, "cgroup") && has_word(options, "cpuset"))
			found = strdup(path);
	}
	free(text);
	return found;
}

/* "0::/a/b" is of version 2, "4:cpuset:/a/b" of version 1; the caller frees. */
static char *group_of(const char *text, bool v2)
{
	char *copy = strdup(text), *rest = copy, *line, *found = NULL, *names, *group;

	while (!found && (line = strsep(&rest, "\n"))) {
		names = strchr(line, ':');
		group = names ? strchr(names + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = 0;
		if (v2 ? !names[1] && !strncmp(line, "0:", 2) : has_word(names + 1, "cpuset"))
			found = strdup(group);
	}
	free(copy);
	return found;
}

static bool find_group(const struct host *h, pid_t pid, bool v2, struct cpuset *s)
{
	char text[8192], *mount = NULL, *group = NULL;

	if (host_read(h, text, sizeof(text), "/proc/%d/cgroup", pid) > 0) {
		mount = mount_point(h, v2);
		group = group_of(text, v2);
	}
	if (mount && group &&
	    asprintf(&s->path, "%s%s", mount, strcmp(group, "/") ? group : "") < 0)
		abort();
	s->v2 = v2;
	free(mount);
	free(group);
	return s->path;
}

/* One level up: files of cpusets are missing above the root of the hierarchy. */
static bool go_up(struct cpuset *s)
{
	char *slash = strrchr(s->path, '/');

	if (!slash || slash == s->path)
		return false;
	*slash = 0;
	return true;
}

bool cpuset_list(const struct host *h, const struct cpuset *s, const char *file, struct cpus *c)
{
	return host_list(h, c, "%s/%s", s->path, file);
}

int cpuset_write(struct host *h, const struct cpuset *s, const char *file, const struct cpus *c)
{
	char *list = cpus_list(c), *path;
	int ret;

	if (asprintf(&path, "%s/%s", s->path, file) < 0)
		abort();
	ret = h->calls->write(h, path, list);
	free(path);
	free(list);
	return ret;
}

/* Of the group, or of the nearest above it that has such a file. */
static bool effective(const struct host *h, const struct cpuset *s, const char *file2,
		      const char *file1, struct cpus *c)
{
	struct cpuset at = { strdup(s->path), s->v2 };
	bool found = false, more = true;

	while (more && !found) {
		found = cpuset_list(h, &at, s->v2 ? file2 : file1, c) && !cpus_empty(c);
		more = !found && s->v2 && go_up(&at);
	}
	free(at.path);
	return found;
}

/* Is one process in it, this one? Groups of threads list no processes: look above. */
static bool is_own(const struct host *h, struct cpuset *s, pid_t pid)
{
	char text[256], kind[64];
	int first, next;

	while (s->v2 && host_read(h, kind, sizeof(kind), "%s/cgroup.type", s->path) > 0 &&
	       !strncmp(kind, "threaded", 8))
		if (!go_up(s))
			return false;
	return host_read(h, text, sizeof(text), "%s/cgroup.procs", s->path) > 0 &&
	       sscanf(text, "%d %d", &first, &next) == 1 && first == pid;
}

/* Groups within it hold some of its threads, in version 1: it does not confine them. */
static bool holds_all(const struct host *h, const struct cpuset *s, const struct vm *vm)
{
	unsigned int tasks = 0, own = 0;
	char *path, *text, *at;

	if (s->v2)
		return true;
	if (asprintf(&path, "%s/tasks", s->path) < 0)
		abort();
	text = tree_read(h->root, path);
	for (at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		tasks++;
	for (unsigned int i = 0; i < vm->nr_threads; i++)
		own += !vm->thread[i].kernel;
	free(text);
	free(path);
	return tasks >= own;
}

/* One that says nothing of its own could not be emptied again while its VM runs. */
static bool can_be_given_back(const struct host *h, const struct cpuset *s)
{
	struct cpus cpus, mems;

	return cpuset_list(h, s, "cpuset.cpus", &cpus) && !cpus_empty(&cpus) &&
	       cpuset_list(h, s, "cpuset.mems", &mems) && !cpus_empty(&mems);
}

/* Before we came it had what it was claimed with. */
static void take_bound(const struct host *h, const struct vm *vm, const struct cpuset *s,
		       struct cpus *cpus, struct cpus *mems)
{
	const struct claim *c = &vm->claim;
	struct cpus found;

	if (vm->claimed && c->group) {
		*cpus = c->before;
		*mems = c->mems_before;
		return;
	}
	if (effective(h, s, "cpuset.cpus.effective", "cpuset.effective_cpus", &found))
		*cpus = found;
	if (effective(h, s, "cpuset.mems.effective", "cpuset.effective_mems", &found))
		*mems = found;
}

static void set_allowed(const struct topology *t, struct vm *vm, const struct cpus *mems)
{
	cpus_and(&vm->bound, &t->usable);
	vm->allowed = topology_nodes(t, &vm->bound);
	for (unsigned int i = 0; i < t->nr; i++)
		if (!cpus_has(mems, t->node[i].id))
			vm->allowed &= ~(1U << i);
}

void vm_read_cpuset(const struct host *h, const struct topology *t, struct vm *vm)
{
	struct cpuset s = { };
	struct cpus mems = { };

	vm->bound = t->online;
	for (unsigned int i = 0; i < t->nr; i++)
		cpus_add(&mems, t->node[i].id);
	free(vm->cpuset.path);
	vm->cpuset = (struct cpuset){ };
	if (find_group(h, vm->pid, false, &s) || find_group(h, vm->pid, true, &s)) {
		if (is_own(h, &s, vm->pid) && holds_all(h, &s, vm) && can_be_given_back(h, &s))
			vm->cpuset = (struct cpuset){ strdup(s.path), s.v2 };
		take_bound(h, vm, &s, &vm->bound, &mems);
	}
	free(s.path);
	set_allowed(t, vm, &mems);
}
