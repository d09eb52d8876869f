/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * findings_bench.h - a tiny kernel, its tables and a platform, looked at for findings.
 *
 * What tests poke into the kernel is linked; what they lay over it is the text after boot.  The
 * tables may be changed between bench_open() and bench_look(), and the generation: rules are chosen
 * by its name alone.
 *
 *	bench_init(&b);
 *	tiny_list(&b.world.tiny, TINY_RETURNS, SITE);
 *	bench_open(&b, "6.1");
 *	bench_lay(&b, SITE, "\xc3\xcc\xcc\xcc\xcc", 5);
 *	bench_expect(&b, "row's name", 1, "mitigation-lost", "bare return", SITE);
 *	bench_close(&b);
 */
#ifndef PVP_FINDINGS_BENCH_H
#define PVP_FINDINGS_BENCH_H

#include "findings.h"
#include "model_world.h"

/* Feature numbers of 6.12 and 7.2. */
#define CALL_DEPTH 371
#define IBT	   596
#define ITS_6_12   678
#define ITS_7_2	   682

struct findings_bench {
	struct world world;
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
	struct pvp_patched predicted, given;
	bool wanted[8];
	bool use_wanted;
	struct pvp_check_result result;
};

void bench_init(struct findings_bench *b);
/* generation: NULL, as the image has it. */
void bench_open(struct findings_bench *b, const char *generation);
/* .call_sites has this entry, and only it. */
void bench_call(struct findings_bench *b, uint64_t addr);
/* In ascending order of addresses. */
void bench_lay(struct findings_bench *b, uint64_t addr, const void *bytes, size_t len);
/* opcode and rel32 to target. */
void bench_lay_branch(struct findings_bench *b, uint64_t addr, uint8_t opcode, uint64_t target);
void bench_look(struct findings_bench *b);
/*
 * bench_look(), then: nr findings in all; with nr > 0, the first is of that kind, its rule holds
 * that text, and it is at addr.  Its severity is an error's unless note.
 */
void bench_expect(struct findings_bench *b, const char *what, size_t nr, const char *kind,
		  const char *rule, uint64_t addr, bool note);
void bench_close(struct findings_bench *b);

#endif
