"""Pure rules of the field. No I/O, no clock, no asyncio: `now` is always an argument."""
