-- The records. `body` holds the exact canonical bytes that were hashed; the
-- columns before it repeat fields of the body for the indexes, and verifying
-- compares them with the body.
CREATE TABLE audit_record (
    tenant        text NOT NULL,
    seq           bigint NOT NULL,
    record_id     uuid NOT NULL,
    request_id    uuid,
    event_time_us bigint NOT NULL,
    kind          text NOT NULL,
    body          text NOT NULL,
    prev_hash     bytea NOT NULL,
    hash          bytea NOT NULL,
    stored_at     timestamptz NOT NULL DEFAULT now(),

    PRIMARY KEY (tenant, seq),
    -- Two records may not follow the same record: a chain cannot fork.
    UNIQUE (tenant, prev_hash),
    -- An append that is sent again after an unknown outcome is found by its id.
    UNIQUE (tenant, record_id),

    CONSTRAINT "records are numbered from 1"
        CHECK (seq >= 1),
    CONSTRAINT "an event time is in microseconds since 1970 and not before it"
        CHECK (event_time_us >= 0),
    CONSTRAINT "a link is a SHA-256 of 32 bytes"
        CHECK (octet_length(prev_hash) = 32),
    CONSTRAINT "a record's hash is a SHA-256 of 32 bytes"
        CHECK (octet_length(hash) = 32),
    CONSTRAINT "a body is at most 64 KiB"
        CHECK (octet_length(body) <= 65536)
);

CREATE INDEX audit_record_by_request ON audit_record (tenant, request_id, seq) WHERE request_id IS NOT NULL;
CREATE INDEX audit_record_by_time ON audit_record (tenant, event_time_us);
