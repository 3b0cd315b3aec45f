-- API keys. The secret is never stored, only the SHA-256 of the whole key.
CREATE TABLE api_key (
    key_id     text PRIMARY KEY,
    tenant     text NOT NULL REFERENCES tenant (name) ON DELETE RESTRICT,
    role       text NOT NULL,
    key_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,

    CONSTRAINT "a key's public part is 16 characters of lower-case base32hex"
        CHECK (key_id ~ '^[0-9a-v]{16}$'),
    CONSTRAINT "a key is for a client, an auditor or an admin"
        CHECK (role IN ('client', 'auditor', 'admin')),
    CONSTRAINT "a SHA-256 has 32 bytes"
        CHECK (octet_length(key_sha256) = 32),
    CONSTRAINT "a key is revoked after it was created"
        CHECK (revoked_at >= created_at)
);

CREATE INDEX api_key_by_tenant ON api_key (tenant, created_at);
