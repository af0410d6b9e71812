/**
 * The state of the running pipeline: health checks, and the page, /status, /health and /metrics over HTTP.
 */
package dev.olapsync.status;
