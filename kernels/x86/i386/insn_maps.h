/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insn_maps.h - the opcode maps of 32-bit code; part of insn.c, which has the legend.
 */
#define ADDRESS_LEN 4

/* No site has an instruction with addresses of 16 bits (67), bound, les or lds. */
static const char *const one_byte[16] = {
	"MMMMBD..MMMMBD.2", "MMMMBD..MMMMBD..", "MMMMBDp.MMMMBDp.", "MMMMBDp.MMMMBDp.",
	"................", "................", "..xMpppxDdBb....", "BBBBBBBBBBBBBBBB",
	"bdbbMMMMMMMMMMMM", "..........F.....", "OOOO....BD......", "BBBBBBBBqqqqqqqq",
	"bbW.xxbdE.W..B..", "MMMMBB..MMMMMMMM", "BBBBBBBBJJFB....", "p.pp..TU......MM",
};
static const char *const two_bytes[16] = {
	"MMMMx.....x.xMxx", "MMMMMMMMMMMMMMMM", "CCCCxxxxMMMMMMMM", "......x.8x3xxxxx",
	"MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "bbbbMMM.MMxxMMMM",
	"JJJJJJJJJJJJJJJJ", "MMMMMMMMMMMMMMMM", "...MbMxx...MbMMM", "MMMMMMMMMMbMMMMM",
	"MMbMbbbM........", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM",
};
