-- The end of each tenant's chain: the row that a writer locks before it links.
-- There is no foreign key to tenant on purpose: the log outlives its tenant.
CREATE TABLE audit_head (
    tenant text PRIMARY KEY,
    seq    bigint NOT NULL,
    hash   bytea NOT NULL,

    CONSTRAINT "a chain's head stands at record 0 (no record yet) or later"
        CHECK (seq >= 0),
    CONSTRAINT "a head's hash is a SHA-256 of 32 bytes"
        CHECK (octet_length(hash) = 32)
);
