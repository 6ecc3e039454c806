"""AMQP 1.0: values, message sections, frames, and proton as an engine that asyncio feeds."""
