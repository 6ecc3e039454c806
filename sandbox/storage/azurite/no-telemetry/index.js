// Azurite runs with --disableTelemetry, so the telemetry client (238 MB of dependencies) is never called.
module.exports = {};
