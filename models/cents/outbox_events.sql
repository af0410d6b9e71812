SELECT * FROM outbox_events
