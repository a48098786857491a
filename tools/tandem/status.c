// SPDX-License-Identifier: GPL-2.0
/*
 * tandem status: first one object with all that is known, which is what --json
 * prints; then the text is made from it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "status.h"
#include "text.h"
#include "tree.h"

#define DEBUGFS		"/sys/kernel/debug"
#define MODULE		"/sys/module/kvm_tandem"
#define GUEST_MODULE	"/sys/module/tandem_guest"
#define STAT_COLUMNS	"/proc/sys/kernel/sched_stat_columns"

/* What to do, one sentence each. */
#define LOAD_HOST	"The host module is not loaded: insmod kvm_tandem.ko"
#define SWITCH_ON	"Tandem is off: echo timer > " MODULE "/parameters/mode"
#define NOTHING		"A host needs a kernel with Tandem's patches, a guest of one tandem_guest.ko."
#define BE_ROOT		"Run as root to see the counters and run queues."
#define MOUNT		"For counters and run queues: mount -t debugfs none " DEBUGFS
#define INCOMPLETE	"Counters or run queues are missing in " DEBUGFS ": see dmesg."

const char status_help[] =
"usage: tandem [--root DIR] [--json] status\n"
"\n"
"Is Tandem there, and what has it done: the kernel and whether it has the\n"
"patches, the host module, its parameters and counters, the guest module's\n"
"counters, and the run queue of each CPU. Where something is missing, the last\n"
"lines say what to do about it.\n"
"\n"
"The counters and the run queues are in debugfs, which only root can read.\n"
"\n"
"exit status: 0 Tandem is active: the host module is loaded and its mode is not\n"
"off, or the guest module is loaded; 3 it is not; 1, 2 as for all subcommands.\n";

static json_t *gather_kernel(const char *root)
{
	json_t *kernel = json_object();

	put(kernel, "release", tree_value(root, "/proc/sys/kernel/osrelease"));
	put(kernel, "patched", json_boolean(tree_has(root, STAT_COLUMNS)));
	put(kernel, "stat_columns", tree_value(root, STAT_COLUMNS));
	return kernel;
}

static json_t *gather_host(const char *root)
{
	json_t *host = json_object();

	put(host, "loaded", json_boolean(tree_has(root, MODULE)));
	put(host, "parameters", tree_folder(root, MODULE "/parameters"));
	put(host, "counters", tree_pairs(root, DEBUGFS "/kvm_tandem/stats"));
	return host;
}

static json_t *gather_guest(const char *root)
{
	json_t *guest = json_object();

	put(guest, "loaded", json_boolean(tree_has(root, GUEST_MODULE)));
	put(guest, "counters", tree_folder(root, "/sys/kernel/tandem_guest"));
	return guest;
}

static bool is_true(const json_t *status, const char *part, const char *key)
{
	return json_is_true(json_object_get(json_object_get(status, part), key));
}

static const json_t *part(const json_t *status, const char *name, const char *key)
{
	return json_object_get(json_object_get(status, name), key);
}

static bool mode_is_off(const json_t *status)
{
	const json_t *parameters = part(status, "host", "parameters");
	const char *mode = json_string_value(json_object_get(parameters, "mode"));

	return mode && !strcmp(mode, "off");
}

static bool is_active(const json_t *status)
{
	return is_true(status, "guest", "loaded") ||
	       (is_true(status, "host", "loaded") && !mode_is_off(status));
}

static void add_advice(json_t *status, const char *sentence)
{
	append(json_object_get(status, "advice"), json_string(sentence));
}

static void advise(json_t *status)
{
	if (is_true(status, "host", "loaded")) {
		if (mode_is_off(status))
			add_advice(status, SWITCH_ON);
	} else if (is_true(status, "kernel", "patched")) {
		add_advice(status, LOAD_HOST);
	} else if (!is_true(status, "guest", "loaded")) {
		add_advice(status, NOTHING);
	}
}

/* Why the files of debugfs can't be read decides what helps. */
static void advise_debugfs(json_t *status, const char *root)
{
	bool counters = !is_true(status, "host", "loaded") ||
			!json_is_null(part(status, "host", "counters"));
	bool cpus = !is_true(status, "kernel", "patched") ||
		    !json_is_null(json_object_get(status, "cpus"));

	if (counters && cpus)
		return;
	switch (tree_error(root, DEBUGFS "/sched")) {
	case EACCES:
		add_advice(status, BE_ROOT);
		break;
	case ENOENT:
		add_advice(status, MOUNT);
		break;
	default:
		add_advice(status, INCOMPLETE);
	}
}

static json_t *gather(const char *root)
{
	json_t *status = json_object();

	put(status, "active", json_false());
	put(status, "kernel", gather_kernel(root));
	put(status, "host", gather_host(root));
	put(status, "guest", gather_guest(root));
	put(status, "cpus", tree_table(root, DEBUGFS "/sched/cpus"));
	put(status, "active", json_boolean(is_active(status)));
	put(status, "advice", json_array());
	advise(status);
	advise_debugfs(status, root);
	return status;
}

json_t *status_advice(const char *root)
{
	json_t *status = gather(root);
	json_t *advice = json_incref(json_object_get(status, "advice"));

	json_decref(status);
	return advice;
}

static void print_kernel(const json_t *status)
{
	const char *release = json_string_value(part(status, "kernel", "release"));
	const char *patched = ", without Tandem's patches";

	if (is_true(status, "kernel", "patched"))
		patched = ", with Tandem's patches";
	else if (is_true(status, "guest", "loaded"))
		patched = "";	/* a guest needs none */
	text_line("kernel", "%s%s", release ? release : "unknown", patched);
}

static void print_host(const json_t *status)
{
	const json_t *counters = part(status, "host", "counters");

	if (!is_true(status, "host", "loaded")) {
		if (!is_true(status, "guest", "loaded"))
			text_line("host", "kvm_tandem is not loaded");
		return;
	}
	text_line("host", "kvm_tandem is loaded");
	if (json_is_object(part(status, "host", "parameters")))
		text_pairs("", part(status, "host", "parameters"));
	if (json_is_object(counters))
		text_pairs("counters", counters);
}

static void print_guest(const json_t *status)
{
	if (!is_true(status, "guest", "loaded"))
		return;
	text_line("guest", "tandem_guest is loaded");
	if (json_is_object(part(status, "guest", "counters")))
		text_pairs("counters", part(status, "guest", "counters"));
}

static void print_text(const json_t *status)
{
	const json_t *cpus = json_object_get(status, "cpus");
	json_t *sentence;
	size_t i;

	text_line("tandem", "%s", is_active(status) ? "active" : "not active");
	print_kernel(status);
	print_host(status);
	print_guest(status);
	if (json_array_size(cpus))
		text_table("cpus", cpus);
	json_array_foreach(json_object_get(status, "advice"), i, sentence)
		text_words(i ? "" : "advice", json_string_value(sentence));
}

int run_status(const struct options *options, int argc, char **argv)
{
	json_t *status;
	int ret;

	if (argc > 1) {
		fprintf(stderr, "tandem status: what is %s? See tandem help status\n", argv[1]);
		return BAD_USAGE;
	}
	status = gather(options->root);
	ret = is_active(status) ? DONE : NOT_ACTIVE;
	if (options->json) {
		json_dumpf(status, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_text(status);
	}
	json_decref(status);
	return ret;
}
