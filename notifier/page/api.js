// The API, as the notifier has it.

export { ApiError, get, send } from "./shared/client.js";

/**
 * @typedef {"ok" | "warning" | "critical"} State
 *
 * @typedef {object} Resource of a service
 * @property {string} service
 * @property {"disk" | "inodes"} resource
 * @property {State} state
 * @property {string} since
 * @property {State} announced what integrations were last told
 * @property {number | null} percent that is free
 * @property {number | null} available
 * @property {number | null} total
 * @property {string | null} sampled_at
 * @property {{ warning: number, critical: number } | null} lines below how much it is bad
 * @property {boolean} unknown
 * @property {number} unknown_rounds
 * @property {string | null} unknown_reason
 * @property {boolean} watched
 *
 * @typedef {{ pending: number, dead: number }} Outstanding
 * @typedef {{ services: number, resources: number, ok: number, warning: number, critical: number, unknown: number }} Counts
 *
 * @typedef {object} Status
 * @property {string} project
 * @property {string} environment
 * @property {string} version
 * @property {string} started_at
 * @property {number} uptime_seconds
 * @property {"percent" | "percent-or-bytes"} thresholds
 * @property {{ at: string, took_ms: number, interval_seconds: number, resources: number } | null} round
 * @property {string | null} next_round_at
 * @property {string | null} trouble what is wrong with the notifier itself
 * @property {Counts} counts
 * @property {Outstanding} deliveries
 * @property {Resource[]} resources
 * @property {number} more services that were left out
 *
 * @typedef {object} Point
 * @property {string} at
 * @property {number} percent
 * @property {number} low
 * @property {number} high
 * @property {number} available
 * @property {number} total
 * @property {true} [gap] nothing is known between the point before and this one
 *
 * @typedef {{ service: string, resource: string, since: string, until: string, points: Point[] }} History
 *
 * @typedef {object} Integration
 * @property {string} id
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string} type
 * @property {{ url?: string, key_format?: string, channel?: string, from_address?: string, recipients?: string[] }} settings
 * @property {Health} health
 * @property {Outstanding} deliveries
 *
 * @typedef {object} Health
 * @property {"untried" | "ok" | "failing" | "paused"} state
 * @property {string | null} failing_since
 * @property {number} failures
 * @property {string | null} succeeded_at
 * @property {string | null} last_error
 * @property {string | null} paused_at
 *
 * @typedef {object} Delivery
 * @property {string} id
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string} type
 * @property {{ event: string, event_type: string, recipient?: string, attempts: number, next_attempt_at?: string }} parameters
 * @property {string} integration
 * @property {"pending" | "scheduled" | "in_progress" | "complete"} state
 * @property {"success" | "failure" | null} result
 * @property {string | null} failure_reason
 * @property {{ severity?: string } | null} payload
 * @property {string} text
 *
 * @typedef {object} Attempt
 * @property {number} number
 * @property {string} started_at
 * @property {number | null} took_ms
 * @property {"sending" | "delivered" | "retry" | "refused" | "interrupted"} outcome
 * @property {number | null} status
 * @property {string | null} request
 * @property {string | null} answer
 * @property {string | null} error
 *
 * @typedef {Delivery & { attempts: Attempt[] }} DeliveryDetail
 *
 * @typedef {object} Fleet
 * @property {string} servers
 * @property {boolean} connected
 * @property {string | null} trouble
 * @property {number} hosts
 * @property {number} workers
 * @property {number} warning
 * @property {number} critical
 * @property {number} outbox
 * @property {number} waiting
 * @property {number} taken
 * @property {number} dead
 *
 * @typedef {object} Silence
 * @property {string} id
 * @property {string | null} service
 * @property {"warning" | "critical" | null} severity
 * @property {string} until
 * @property {string} created_at
 */
