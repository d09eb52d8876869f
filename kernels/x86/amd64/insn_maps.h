/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insn_maps.h - the opcode maps of 64-bit code; part of insn.c, which has the legend.
 */
#define ADDRESS_LEN 8

static const char *const one_byte[16] = {
	"MMMMBDxxMMMMBDx2", "MMMMBDxxMMMMBDxx", "MMMMBDpxMMMMBDpx", "MMMMBDpxMMMMBDpx",
	"RRRRRRRRRRRRRRRR", "................", "xxxMppppDdBb....", "BBBBBBBBBBBBBBBB",
	"bdxbMMMMMMMMMMMM", "..........x.....", "OOOO....BD......", "BBBBBBBBqqqqqqqq",
	"bbW.xxbdE.W..Bx.", "MMMMxxx.MMMMMMMM", "BBBBBBBBJJxB....", "p.pp..TU......MM",
};
static const char *const two_bytes[16] = {
	"MMMMx.....x.xMxx", "MMMMMMMMMMMMMMMM", "CCCCxxxxMMMMMMMM", "......x.8x3xxxxx",
	"MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "bbbbMMM.MMxxMMMM",
	"JJJJJJJJJJJJJJJJ", "MMMMMMMMMMMMMMMM", "...MbMxx...MbMMM", "MMMMMMMMMMbMMMMM",
	"MMbMbbbM........", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM", "MMMMMMMMMMMMMMMM",
};
