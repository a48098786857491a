// SPDX-License-Identifier: GPL-2.0
/* Results of a machine that is none: a model ran on it. */
#include <stdint.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "model_host.h"
#include "tree.h"

json_t *rounded(double value)
{
	return json_real((double)(uint64_t)(value * 1000 + 0.5) / 1000);
}

static json_t *json_host(json_t *command)
{
	json_t *host = json_object();
	struct utsname name;

	put(host, "kernel", json_string(uname(&name) ? "unknown" : name.release));
	put(host, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	put(host, "nodes", json_integer(1));
	put(host, "emulator", json_string("model"));
	put(host, "icount", json_null());
	put(host, "command", command);
	return host;
}

void model_print(const char *bench, json_t *command, json_t *rows)
{
	json_t *doc = json_object();

	put(doc, "bench", json_string(bench));
	put(doc, "host", json_host(command));
	put(doc, "rows", rows);
	json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(doc);
}
