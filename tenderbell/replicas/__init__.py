"""More than one machine: Litestream copies the writer's three files; others follow `public.db` and pass forms on.

    target         where each file is copied to (TENDERBELL_REPLICA), in the words of Litestream
    litestream     its program, its configuration, what it says, and what lies at a target
    states         what `replicate` and `follow` last knew, one small file each, for `status` and the pages
    publishing     a followed copy, whole, in the place where the site reads it
    recovering     the three files back from the target, as a backup that `tenderbell.keeping` restores
    forwarding     forms of a machine that only reads, passed on to the writer
    waiting        one-click unsubscriptions kept until the writer answers again

The processes themselves are `schedules.replicating` and `schedules.following`. Why it is done so:
docs/decisions/2026-11-23-replicas.md.
"""
