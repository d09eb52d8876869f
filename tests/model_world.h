/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_world.h - a tiny kernel and a platform for it, patched by the model and compared.
 *
 *	world_init(&w);
 *	tiny_pv_call(&w.tiny, SITE, 31);
 *	tiny_para(&w.tiny, SITE, 31, 6);
 *	world_feature(&w, XENPV);
 *	world_expect(&w, "row's name", SITE, want, 6);
 */
#ifndef PVP_MODEL_WORLD_H
#define PVP_MODEL_WORLD_H

#include "model.h"
#include "tiny_kernel.h"

/* Feature numbers of 6.1. */
#define RETPOLINE 364
#define LFENCE	  365
#define RETHUNK	  366
#define ITS	  677
#define XENPV	  272
#define ALWAYS	  117
#define NOT	  0x8000
/* Of 6.12 and 7.2. */
#define CALL_DEPTH 371
#define ITS_6_12   678
#define ITS_7_2	   682

#define SITE (TINY_TEXT + 0x40) /* address bit 5 is 0 */

struct world {
	struct tiny tiny;	      /* has one pv site, at TINY_TEXT + 0x700 */
	struct pvp_platform platform; /* two CPUs, no features */
	uint64_t pv_ops[85];	      /* as in the file: TINY_FUNCS + i * 16 */
	struct pvp_static_call_value calls[4];
	struct pvp_text_write writes[1];
};

void world_init(struct world *w); /* TINY_6_1 */
void world_init_kind(struct world *w, enum tiny_kind kind);
/* The address as the image has it: an i386 one is short. */
uint64_t world_addr(const struct world *w, uint64_t addr);
void world_feature(struct world *w, unsigned number);
/* Those of numbers that are not 0. */
void world_features(struct world *w, const unsigned *numbers, size_t nr);
/* Opens and patches it; the caller closes the image, and on success frees ret. */
struct pvp_error *world_run(struct world *w, struct pvp_image **image,
			    struct pvp_patched *ret) PVP_MUST_CHECK;
/* Patches and compares the text at addr; returns the author of its first byte. */
enum pvp_pass world_expect(struct world *w, const char *what, uint64_t addr, const uint8_t *want,
			   size_t len);
/* Patching must fail so. */
void world_expect_error(struct world *w, enum pvp_error_code code, const char *message);
/* Five bytes: opcode, then rel32 as at addr. */
void world_branch(uint8_t *to, uint8_t opcode, uint64_t addr, uint64_t target);

/*
 * Bytes as text: "e8 @e10 90": two digits are a byte, "@" and an offset from TINY_TEXT four bytes
 * of displacement to there, as at addr; "?" in front: symbolic.
 */
#define WORLD_BYTES 256
size_t world_bytes(uint64_t addr, const char *text, uint8_t *bytes, uint8_t *symbolic);
void world_poke(struct world *w, uint64_t addr, const char *text);
/* As tiny_alt. */
void world_alt(struct world *w, uint64_t addr, unsigned len, unsigned feature, const char *text);
/* As world_expect; what is symbolic must be, and nothing else. */
enum pvp_pass world_expect_text(struct world *w, const char *what, uint64_t addr, const char *text);

#endif
