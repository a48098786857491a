# SPDX-License-Identifier: GPL-2.0
# The verbs. Everything they make lands in build/; the work is in tools/.

KSRC ?=
STAGE ?=
export KSRC

.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' Makefile | expand -t 16

deps: ## install missing Debian packages (root), or name the command
	@tools/dev/deps && tools/dev/emulator

kernel: deps ## patched lab kernel and modules in build/host/ (KSRC=tree)
	@tools/dev/kernel host

stock: deps ## the same source without Tandem in build/stock/, to compare with
	@tools/dev/kernel stock

debug: deps ## patched kernel with KASAN, lockdep and others in build/debug/
	@tools/dev/kernel debug

modules: ## the modules again, for each kernel that is built
	@tools/dev/modules

guests: deps ## Debian's own guest kernels, unpacked, and their module
	@for g in debian-6.1 debian-6.12; do \
		tools/dev/guest-kernel $$g && tools/dev/module $$g || exit 1; done

tools: deps ## the tandem command in build/tools/
	@$(MAKE) --no-print-directory -C tools/tandem O=$(abspath build/tools)

lab: kernel guests ## a shell in the lab host
	@tools/lab/lab shell

demo: kernel guests tools ## a guest loses its timer exits, stock beside Tandem
	@tools/demo/demo

bench-timer: kernel guests ## exits per timer: stock, pi_inject_timer, the RFC's rule, Tandem
	@tools/bench/timer/bench

bench-idle: kernel guests ## exits of short idles: stock, haltpoll, idle=poll, Tandem
	@tools/bench/idle/bench

bench-placement: kernel guests tools ## off-node accesses: nobody, kernel, numad, pins, 2011, Tandem
	@tools/bench/placement/bench

sim-poll: tools ## what idles cost: haltpoll, KVM's halt polling, ski-rental, Tandem
	@tools/bench/sim-poll

check: deps ## build and test all but the debug kernel (STAGE=name: one stage, or more)
	@tools/dev/check $(if $(STAGE),$(STAGE:%=--stage %))

check-quick: deps ## build, and what tests itself in seconds
	@tools/dev/check --level quick

# What counts timers, a million of them: most on Bochs, which is quick at it, where
# it is given.
TIMERS := vm-kvm vm-modes vm-nested vm-tsc vm-vmm vm-guest vm-kexec vm-pages \
	$(if $(BOCHS),vm-posted vm-modes-vmx vm-nested-vmx vm-tsc-vmx vm-vmm-vmx vm-storm-vmx \
	vm-storm,vm-storm-all)

check-timers: deps ## a million timers under all disturbances (long)
	@tools/dev/check --timers 1000000 $(TIMERS:%=--stage %)

check-debug: deps ## the tests on the debug kernel
	@tools/dev/check --level debug

patches-apply: ## the series as branch tandem-6.12 of TREE=
	@tools/dev/series-apply "$(TREE)"

patches-export: ## branch tandem-6.12 of TREE= back to patches/ and kernel/
	@tools/dev/series-export "$(TREE)"

docs: deps ## the documentation in build/docs/html/
	@sphinx-build -q -W --keep-going -d build/docs/doctrees Documentation build/docs/html
	@echo build/docs/html/index.html

style: kernel ## checkpatch, sparse, shellcheck, licence lines
	@tools/dev/check --stage style

clean: ## remove what was built, keep what was downloaded or unpacked
	@find build -mindepth 1 -maxdepth 1 ! -name src ! -name guest ! -name deb ! -name .times -exec rm -rf {} + 2>/dev/null || true

distclean: ## remove build/
	@rm -rf build

.PHONY: help deps kernel stock debug modules guests tools lab demo bench-timer bench-idle \
	bench-placement sim-poll check check-quick check-timers check-debug patches-apply patches-export docs style \
	clean distclean
