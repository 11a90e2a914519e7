"""The heart of campus-alert: rules, storage, use cases, the engine and the channels that reach people."""
