// SPDX-License-Identifier: GPL-2.0
/*
 * spinner MIB [WORD | spin] >FILE: the boot sector of a guest without a kernel. Its first vCPU
 * adds one to the first word of each page of its RAM up to that size, over and over, and halts
 * after each MiB; the others halt. The first MiB apart, that RAM is zeroed before. It is there
 * within a second, even in an emulator. Where halts do not leave the guest (cpu-pm=on) its vCPUs
 * are busy all the time for the host, while an emulated CPU sleeps until the host's next interrupt.
 * With WORD, not 0, each page has its address plus that as its first word, once, and the first
 * vCPU halts: guests of one WORD have the same pages, and no two pages of a guest are alike.
 * With spin none of its vCPUs halts.
 */
#include <stdint.h>
#include <string.h>

#include "guest_ram.h"

#define SECTOR	512
#define NOP	0x90
#define STRING(x)	#x
#define VALUE(x)	STRING(x)

extern unsigned char sector[SECTOR], limit[4], word[4], others[3], rest[1];

/*
 * All addresses are differences: it runs at 0x7c00, wherever it lies here. Where it ends its
 * turn it looks up in limit, which grow.c changes.
 */
asm(".pushsection .data\n"
    ".globl sector, limit, word, others, rest\n"
    "sector:\n"
    "	.code16\n"
    "	cli\n"
    "	xorw	%ax, %ax\n"
    "	movw	%ax, %ds\n"
    "	inb	$0x92, %al\n"			/* address line 20 */
    "	orb	$2, %al\n"
    "	outb	%al, $0x92\n"
    "	lgdtl	0x7c00 + table_at - sector\n"
    "	movl	%cr0, %eax\n"
    "	orb	$1, %al\n"
    "	movl	%eax, %cr0\n"
    "	ljmpl	$8, $0x7c00 + flat - sector\n"
    "	.code32\n"
    "flat:\n"
    "	movw	$16, %ax\n"
    "	movw	%ax, %ds\n"
    "	movl	0x7c00 + others - sector, %eax\n"
    "	movl	%eax, 0x7000\n"		/* for the others */
    "	movl	$0xc4500, 0xfee00300\n"		/* INIT to all of them, */
    "	movl	$0xc4607, 0xfee00300\n"		/* and begin at 0x7000 */
    "	movl	$0x100000, %edi\n"
    "	movl	0x7c00 + limit - sector, %ecx\n"
    "	subl	%edi, %ecx\n"
    "	xorl	%eax, %eax\n"
    "	cld\n"
    "	rep	stosb\n"
    "	movl	0x7c00 + word - sector, %eax\n"
    "	testl	%eax, %eax\n"
    "	jz	1f\n"
    "	movl	$0x100000, %edi\n"
    "3:	leal	(%eax, %edi), %ebx\n"
    "	movl	%ebx, (%edi)\n"
    "	addl	$4096, %edi\n"
    "	cmpl	0x7c00 + limit - sector, %edi\n"
    "	jb	3b\n"
    "4:	hlt\n"
    "	jmp	4b\n"
    "1:	movl	$0x100000, %edi\n"
    "2:	incl	(%edi)\n"
    "	addl	$4096, %edi\n"
    "	testl	$0xfffff, %edi\n"
    "	jnz	2b\n"
    "rest:	hlt\n"
    "	cmpl	0x7c00 + limit - sector, %edi\n"
    "	jb	2b\n"
    "	jmp	1b\n"
    "others:	hlt\n"
    "	jmp	others\n"
    "	nop\n"
    "word:	.long	0\n"
    "table:\n"
    "	.quad	0\n"
    "	.quad	0x00cf9a000000ffff\n"		/* code, flat */
    "	.quad	0x00cf92000000ffff\n"		/* data, flat */
    "table_at:\n"
    "	.word	23\n"
    "	.long	0x7c00 + table - sector\n"
    "	.org	sector + " VALUE(LIMIT) " - 0x7c00\n"
    "limit:	.long	0\n"
    "	.org	sector + 510\n"
    "	.word	0xaa55\n"
    "	.code64\n"
    "	.popsection\n");

int main(int argc, char **argv)
{
	unsigned long mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int spins = argc > 2 && !strcmp(argv[2], "spin");
	uint32_t end = mib << 20, first = argc > 2 && !spins ? strtoul(argv[2], NULL, 0) : 0;

	if (mib < 2 || mib > 2048) {
		fputs("spinner: MIB is 2 to 2048\n", stderr);
		return 2;
	}
	memcpy(limit, &end, sizeof(end));
	memcpy(word, &first, sizeof(first));
	if (spins)
		others[0] = rest[0] = NOP;
	return fwrite(sector, SECTOR, 1, stdout) != 1;
}
