// SPDX-License-Identifier: GPL-2.0-only
#include "report_fixture.h"

#include "check_helpers.h"
#include "elfgen.h"

// clang-format off
static const struct {
	uint64_t addr;
	uint32_t len;
	enum pvp_site_kind kind;
	const char *op;
	uint32_t ordinal;
} rows[FIXTURE_SITES] = {
	/* addr                len  kind                    op                           ordinal */
	{ FIXTURE_TEXT + 0x10,   6, PVP_SITE_PARAVIRT,    "irq.irq_disable",                 1 },
	{ FIXTURE_TEXT + 0x20,   6, PVP_SITE_PARAVIRT,    "irq.irq_disable",                 2 },
	{ FIXTURE_TEXT + 0x30,   6, PVP_SITE_PARAVIRT,    "mmu.write_cr3",                   1 },
	{ FIXTURE_TEXT + 0x40,   7, PVP_SITE_PARAVIRT,    "irq.save_fl",                     1 },
	{ FIXTURE_TEXT + 0x50,   6, PVP_SITE_PARAVIRT,    "cpu.load_sp0",                    1 },
	{ FIXTURE_TEXT + 0x60,   6, PVP_SITE_PARAVIRT,    "irq.irq_disable",                 3 },
	{ FIXTURE_TEXT + 0x110,  5, PVP_SITE_STATIC_CALL, "static_call.pv_sched_clock",      1 },
	{ FIXTURE_TEXT + 0x120,  5, PVP_SITE_STATIC_CALL, "static_call.pv_sched_clock",      2 },
};

struct cell_row {
	enum pvp_verdict verdict;
	enum pvp_evidence evidence;
	enum pvp_reason reason;
	enum pvp_form form;
	unsigned states, entry, end, faulted, stray;
	const char *detail;
};

#define EXECUTED(form, end, faulted)                                                               \
	{ PVP_EQUIVALENT, PVP_EVIDENCE_EXECUTED, PVP_REASON_NONE, form, 32, 32, end, faulted, 0, NULL }

static const struct cell_row native[FIXTURE_SITES] = {
	EXECUTED(PVP_FORM_INLINE, 32, 0),
	{ PVP_DIVERGENT, PVP_EVIDENCE_NONE, PVP_REASON_NONE, PVP_FORM_INLINE, 4, 3, 3, 0, 0,
	  "end: interrupt flag 1 != 0" },
	EXECUTED(PVP_FORM_CALL, 30, 2),
	EXECUTED(PVP_FORM_INLINE, 32, 0),
	EXECUTED(PVP_FORM_CALL, 31, 1),
	{ PVP_SKIPPED, PVP_EVIDENCE_NONE, PVP_REASON_NONE, PVP_FORM_UNPATCHED, 0, 0, 0, 0, 0, NULL },
	EXECUTED(PVP_FORM_CALL, 32, 0),
	EXECUTED(PVP_FORM_NOP, 32, 0),
};

static const struct cell_row xen_pv[FIXTURE_SITES] = {
	EXECUTED(PVP_FORM_CALL, 32, 0),
	EXECUTED(PVP_FORM_CALL, 28, 4),
	{ PVP_INCONCLUSIVE, PVP_EVIDENCE_NONE, PVP_REASON_HYPERCALL, PVP_FORM_CALL, 32, 32, 0, 0, 3,
	  "hypercall 26\n\033[2J(mmuext_op), command 18" },
	{ PVP_INCONCLUSIVE, PVP_EVIDENCE_NONE, PVP_REASON_ALL_FAULT, PVP_FORM_CALL, 32, 32, 7, 25, 0,
	  NULL },
	{ PVP_EQUIVALENT, PVP_EVIDENCE_NULL_OP, PVP_REASON_NONE, PVP_FORM_TRAP, 32, 0, 0, 32, 0, NULL },
	EXECUTED(PVP_FORM_CALL, 32, 0),
	{ PVP_EQUIVALENT, PVP_EVIDENCE_CONGRUENT, PVP_REASON_NONE, PVP_FORM_CALL, 32, 32, 0, 0, 0, NULL },
	EXECUTED(PVP_FORM_CALL, 32, 0),
};
// clang-format on

/* The fixture has no bytes to decode. */
static const enum pvp_change change_of[] = {
	[PVP_FORM_CALL] = PVP_CHANGE_CALL_CALL,	     [PVP_FORM_INLINE] = PVP_CHANGE_CALL_INLINE,
	[PVP_FORM_NOP] = PVP_CHANGE_CALL_NOP,	     [PVP_FORM_TRAP] = PVP_CHANGE_CALL_UD2,
	[PVP_FORM_UNPATCHED] = PVP_CHANGE_UNPATCHED,
};

static struct pvp_image *make_image(const char *dir)
{
	static const uint8_t text[0x200];
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	struct pvp_image *image;
	char path[256];

	elfgen_section(g, ".text", FIXTURE_TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_symbol(g, "start_kernel", FIXTURE_TEXT);
	elfgen_symbol(g, "odd#name", FIXTURE_TEXT + 0x100);
	snprintf(path, sizeof(path), "%s/vmlinux", dir);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	return image;
}

static void add_platform(struct pvp_results_image *image, struct pvp_check_input *input,
			 const struct pvp_overrides *overrides, const struct cell_row *from,
			 struct pvp_finding *findings, size_t nr_findings)
{
	static struct pvp_witness witness;
	struct pvp_cell cells[FIXTURE_SITES] = {0};
	enum pvp_change changes[FIXTURE_SITES];
	struct pvp_branch branches[] = {
		{rows[0].addr, "je", true, true, false},
		{rows[0].addr + 2, "jne", true, false, false},
		{rows[1].addr, "js", false, true, false},
		{rows[1].addr + 2, "jae", false, false, false},
		{rows[1].addr + 4, "jb", false, false, true},
	};
	const struct pvp_check_result result = {
		.branches = branches,
		.nr_branches = ARRAY_SIZE(branches),
		.nr_functions = 2,
		.cells = cells,
		.nr_cells = FIXTURE_SITES,
		.findings = findings,
		.nr_findings = nr_findings,
		.cases = 512,
		.stray = 3,
	};

	for (size_t i = 0; i < FIXTURE_SITES; i++) {
		changes[i] = change_of[from[i].form];
		cells[i] = (struct pvp_cell){
			.site = &input->sites->v[i],
			.verdict = from[i].verdict,
			.evidence = from[i].evidence,
			.reason = from[i].reason,
			.form = from[i].form,
			.states = from[i].states,
			.wild = from[i].states / 8,
			.steered = i,
			.entry = from[i].entry,
			.end = from[i].end,
			.faulted = from[i].faulted,
			.stray = from[i].stray,
			.detail = (char *)from[i].detail,
			.witness = from[i].verdict == PVP_DIVERGENT ? &witness : NULL,
		};
	}
	pvp_results_add_platform(image, input, overrides, changes, &result);
}

/* The digest is of a file that elfgen makes: golden text must not change with that. */
static void set_digest(char **digest)
{
	free(*digest);
	*digest = strdup("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
}

void fixture_results(const char *dir, size_t nr_images, struct pvp_results *ret)
{
	static const char *const features[] = {"+xenpv", "-smap", NULL};
	static const char *const keys[] = {"__use_tsc=on", NULL};
	const struct pvp_overrides none = {0};
	const struct pvp_overrides some = {.caps_file = "/home/someone/caps.txt",
					   .features = features,
					   .static_keys = keys,
					   .cpus = 4};
	struct pvp_platform platforms[] = {
		{.name = "native", .description = "bare metal", .cpus = 2, .caps = {0x178bfbfd}},
		{.name = "xen-pv", .description = "Xen PV guest", .cpus = 4, .ring = 3},
	};
	struct pvp_site v[FIXTURE_SITES] = {0};
	struct pvp_sites sites = {v, FIXTURE_SITES};
	struct pvp_tables tables = {.generation = "6.1"};
	struct pvp_finding findings[] = {
		// clang-format off
		{"missing-patch", &v[3], rows[3].addr, "the site must be patched and is not", NULL, true},
		{"leftover", NULL, 0, "a row of --patched lies outside every site", NULL, true},
		{"byte-mismatch", &v[2], rows[2].addr, "an equal encoding", "text is 90", false},
		// clang-format on
	};
	struct pvp_image *image = make_image(dir);
	struct pvp_check_input input = {.image = image, .tables = &tables, .sites = &sites};

	for (size_t i = 0; i < FIXTURE_SITES; i++) {
		v[i].addr = rows[i].addr;
		v[i].len = rows[i].len;
		v[i].kind = rows[i].kind;
		v[i].op = rows[i].op;
		v[i].ordinal = rows[i].ordinal;
	}
	pvp_results_init(ret, "unicorn 2.0.1, capstone 4.0.2", 1, 32, nr_images);
	for (size_t i = 0; i < nr_images; i++) {
		struct pvp_results_image *to = pvp_results_add_image(ret, image, &tables, &sites, NULL, NULL);

		set_digest(&to->sha256);
		set_digest(&to->elf_sha256);
		input.platform = &platforms[0];
		add_platform(to, &input, &none, native, findings, ARRAY_SIZE(findings));
		input.platform = &platforms[1];
		add_platform(to, &input, &some, xen_pv, NULL, 0);
	}
	pvp_image_close(image);
}
