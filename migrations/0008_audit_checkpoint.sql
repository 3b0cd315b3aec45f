-- Signed checkpoints, a copy of what is kept outside the database. A note holds
-- its own size and root; the frontier lets a reader go on from there. There is
-- no foreign key on purpose: checkpoints outlive the records that were cut off.
CREATE TABLE audit_checkpoint (
    tenant   text NOT NULL,
    size     bigint NOT NULL,
    note     text NOT NULL,
    frontier bytea NOT NULL,
    made_us  bigint NOT NULL,

    PRIMARY KEY (tenant, size),

    CONSTRAINT "a checkpoint covers at least one record"
        CHECK (size >= 1),
    CONSTRAINT "a note is at most 16 KiB"
        CHECK (octet_length(note) BETWEEN 1 AND 16384),
    CONSTRAINT "a frontier is 1 to 63 hashes of 32 bytes"
        CHECK (octet_length(frontier) BETWEEN 32 AND 2016 AND octet_length(frontier) % 32 = 0),
    CONSTRAINT "a checkpoint's time is in microseconds since 1970 and not before it"
        CHECK (made_us >= 0)
);

SELECT audit_read_by_tenant('audit_checkpoint');
SELECT audit_only_grows('audit_checkpoint');
