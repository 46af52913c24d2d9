"""Tell: subscribers, matching, digests, the outbox, the mailer."""
