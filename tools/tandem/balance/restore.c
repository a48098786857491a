// SPDX-License-Identifier: GPL-2.0
/* Giving back: what is on record, and is still as it was left. */
#include <stdio.h>
#include <stdlib.h>

#include "balance_run.h"

static int give_back(struct balance *b, struct vm *vm)
{
	char *list = cpus_list(&vm->claim.before);
	int ret = vm_release(b, vm);

	if (!ret)
		fprintf(b->out, "%s (%d) may use CPUs %s again\n", vm->name, vm->pid, list);
	free(list);
	return ret;
}

/* A record that is damaged doesn't say what to give back: its file stays. */
static int restore_one(struct balance *b, struct vm *vm)
{
	if (!vm->claimed)
		return 0;
	return vm->said & SAID_DAMAGED ? -1 : give_back(b, vm);
}

int balance_restore(struct balance *b)
{
	int ret = 0;

	if (!balance_look(b))
		return -1;
	for (unsigned int i = 0; i < b->vms.nr; i++)
		if (restore_one(b, b->vms.vm[i]))
			ret = -1;
	return ret;
}
