// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interrupt when it is wanted: channel 0 of the 8254, through the first 8259.
 */
#include "boot.h"
#include "xen.h"

bool timer_repeats;

void timer_init(void)
{
	static const u8 commands[][2] = {
		{0x20, 0x11}, {0xa0, 0x11},			  /* both controllers: begin */
		{0x21, 0x20}, {0xa1, 0x28},			  /* vectors from 0x20 and 0x28 */
		{0x21, 4},    {0xa1, 2},    {0x21, 1}, {0xa1, 1}, /* cascade, 8086 mode */
		{0x21, 0xfe}, {0xa1, 0xff},			  /* all masked but the timer */
	};

	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		outb(commands[i][0], commands[i][1]);
}

void timer_start(void)
{
	if (xen_domain_type == XEN_PV_DOMAIN) {
		xen_timer_start();
		return;
	}
	outb(0x43, 0x30); /* channel 0, both bytes, once */
	outb(0x40, 0x00);
	outb(0x40, 0x10); /* some 3 ms */
}
