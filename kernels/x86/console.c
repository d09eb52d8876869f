// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console: the first serial port (a 16550), and how a run ends.
 */
#include "boot.h"
#include "wide.h"
#include "xen_console.h"

#include <stdarg.h>

#define COM1	   0x3f8
#define DEBUG_EXIT 0xf4	 /* QEMU's isa-debug-exit: ends it with status 2 * value + 1 */
#define ACPI_PM1A  0x604 /* of QEMU's machines */

static void put_char(char c)
{
	if (xen_domain_type == XEN_PV_DOMAIN) {
		xen_put_char(c);
		return;
	}
	while (!(inb(COM1 + 5) & 0x20)) /* the transmitter is busy */
		;
	outb(COM1, c);
}

void console_init(void)
{
	outb(COM1 + 1, 0);    /* no interrupts */
	outb(COM1 + 3, 0x80); /* divisor 1: 115200 baud */
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3); /* 8 bits, no parity, 1 stop bit */
	outb(COM1 + 2, 7); /* FIFO on, empty */
	outb(COM1 + 4, 3);
}

static void put_string(const char *s)
{
	for (; *s; s++)
		put_char(*s);
}

static void put_number(u64 value, u32 base, u32 width, char fill)
{
	char digits[24];
	u32 nr = 0;

	do {
		digits[nr++] = "0123456789abcdef"[remainder(value, base)];
		value = quotient(value, base);
	} while (value);
	for (; width > nr; width--)
		put_char(fill);
	while (nr)
		put_char(digits[--nr]);
}

static void put_signed(long value)
{
	if (value < 0)
		put_char('-');
	put_number(value < 0 ? -(ulong)value : (ulong)value, 10, 0, ' ');
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		char fill = ' ';
		u32 width = 0;
		bool is_long;

		if (*format != '%') {
			if (*format == '\n')
				put_char('\r');
			put_char(*format);
			continue;
		}
		format++;
		if (*format == '0')
			fill = *format++;
		for (; *format >= '0' && *format <= '9'; format++)
			width = 10 * width + *format - '0';
		is_long = *format == 'l';
		format += is_long;
		switch (*format) {
		case 's':
			put_string(va_arg(args, const char *));
			break;
		case 'x':
			put_number(is_long ? va_arg(args, ulong) : va_arg(args, u32), 16, width,
				   fill);
			break;
		case 'u':
			put_number(is_long ? va_arg(args, ulong) : va_arg(args, u32), 10, width,
				   fill);
			break;
		case 'd':
			put_signed(is_long ? va_arg(args, long) : va_arg(args, int));
			break;
		default:
			put_char(*format);
		}
	}
	va_end(args);
}

void print_hex(const u8 *bytes, u32 len)
{
	for (u32 i = 0; i < len; i++)
		print("%02x", bytes[i]);
}

void power_off(int failed)
{
	xen_power_off(failed);
	asm volatile("cli");
	outb(DEBUG_EXIT, failed ? 1 : 0);
	asm volatile("outw %0, %1" ::"a"((u16)0x2000), "d"((u16)ACPI_PM1A));
	for (;;)
		asm volatile("hlt");
}

void panic(const char *why)
{
	print("Bail out! %s\n", why);
	power_off(1);
}
