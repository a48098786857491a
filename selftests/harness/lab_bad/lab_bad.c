// SPDX-License-Identifier: GPL-2.0
/*
 * Breaks the kernel it is loaded into, in the way that is asked for. The tests
 * of the lab use it to see that each way turns a run red.
 */
#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <asm/desc_defs.h>
#include <asm/processor.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *what = "nothing";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "panic, warn, splat, leak, hang, stuck or triple (default: nothing)");

static void spin_for_ever(void)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/* Nothing keeps the address, so nothing can free it. */
static void leak(void)
{
	int i;

	for (i = 0; i < 8; i++)
		memset(kmalloc(1000, GFP_KERNEL), 1, 1000);
}

/* No exception has a handler then, nor has that of having none. */
static void fault_thrice(void)
{
	const struct desc_ptr nothing = { };

	asm volatile("lidt %0; ud2" : : "m" (nothing));
}

static int never_leave(struct notifier_block *self, unsigned long action, void *data)
{
	spin_for_ever();
	return NOTIFY_DONE;
}

static struct notifier_block at_reboot = { .notifier_call = never_leave };

static int __init lab_bad_init(void)
{
	if (!strcmp(what, "panic"))
		panic("lab_bad: as asked");
	else if (!strcmp(what, "warn"))
		WARN(1, "lab_bad: as asked\n");
	else if (!strcmp(what, "splat"))
		pr_err("BUG: lab_bad: as asked\n");
	else if (!strcmp(what, "leak"))
		leak();
	else if (!strcmp(what, "hang"))
		spin_for_ever();
	else if (!strcmp(what, "triple"))
		fault_thrice();
	else if (!strcmp(what, "stuck"))
		return register_reboot_notifier(&at_reboot);
	return 0;
}

static void __exit lab_bad_exit(void)
{
	unregister_reboot_notifier(&at_reboot);
}

module_init(lab_bad_init);
module_exit(lab_bad_exit);
MODULE_DESCRIPTION("Breaks a kernel on purpose, to test the lab");
MODULE_LICENSE("GPL");
