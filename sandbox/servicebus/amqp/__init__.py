"""The wire: AMQP 1.0 values, sections, frames, and proton as an engine that asyncio feeds."""
