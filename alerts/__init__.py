"""Tell: the way from something that happened to an e-mail, one module for each step.

    event       what the compiler wrote down in `public.db`, numbered (`published` reads it)
    match       this search, this event: `matching` (`conditions`, `recording`); nothing has been rendered yet
                and what people wait for besides: `profiles` (open now), `reminders` (closing soon), `follows`
    claim       what waits for one person and is still to be told: `claims` (`pauses`, `hidden`); when: `periods`
    digest      one e-mail for one person: `digests` is the one transaction that claims, renders and queues:
                `sections` (where), `chapters` (what is shown), `items` and `changes` (in words), `reasons` (why this),
                `doubts` (why maybe not), `headlines` (subject), `contents` (the model), `shelf` (each found once)
    message     `messages` (headers), `rendering` and `templates/` (text and HTML), `mime` (bytes), `links`, `tokens`
    outbox      finished messages and their states: `outbox`; what is no longer wanted: `ending`, `leftovers`
    sender      `sending` takes them one by one (`taking`, `settling`; `pace`, `turns`, `resting`, `runs`), signs them
                (`signing`) and hands them to a mail server (`mail_server`, `mailer`)
    return      what comes back: `mailboxes` and `returns` read it (`incoming_mail`, `delivery_reports`, `complaints`),
                `tracing` and `verp` find the message, `bounces` decides, `suppression` remembers

Letters that are no digests go the same way from the outbox on: `letters` has those that are due (`receipt_letters`,
`still_here`, outcomes, questions, alarms), `signup` the confirmations. `subscribers` are the people, `profiles` their
searches, `suppression` the addresses that are never written to, `retention` what is forgotten when.

Pages: `backtest`, `trying` and `hints` before somebody signs up; `exclusions`, `sent_items`, `sent`, `standing`,
`following`, `link_requests`, `unsubscribe` and `subjects` behind the links in e-mails. Commissioners: `contacts`,
`receipts`, `adverts`, `publishing`, `answers`, `reports`. The operator: `desk`, `deciding`, `alarms`, `watch`,
`canary`, `queue`, `preview`, `doctor`.

Each step reads what the one before has committed and commits its own result whole, so any of them may die and be run
again; why twice is the same as once is said at the head of each module.
"""
