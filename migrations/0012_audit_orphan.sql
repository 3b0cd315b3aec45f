-- What tells a request that nobody ends any more from one that is running. None
-- of this belongs to the log: where it is lost, it is worked out again.

-- Requests that have been running for a while, each with the time at which a
-- process last said that it has it. It goes by the clock of the database.
CREATE TABLE audit_running (
    tenant     text NOT NULL,
    request_id uuid NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),

    PRIMARY KEY (tenant, request_id)
) WITH (fillfactor = 70);

-- How far each chain was gone through for requests without an end.
CREATE TABLE audit_orphan_scan (
    tenant      text PRIMARY KEY,
    through_seq bigint NOT NULL,

    CONSTRAINT "a chain is gone through from before its first record"
        CHECK (through_seq >= 0)
);

-- Requests that were accepted so far back and had no end when the scan passed.
CREATE TABLE audit_unsettled (
    tenant     text NOT NULL,
    request_id uuid NOT NULL,
    record_id  uuid NOT NULL,

    PRIMARY KEY (tenant, request_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON audit_running, audit_orphan_scan, audit_unsettled TO cordon_app;
