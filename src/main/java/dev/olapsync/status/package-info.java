/**
 * How the running pipeline is: the health checks, and /status, /health and /metrics over HTTP.
 */
package dev.olapsync.status;
