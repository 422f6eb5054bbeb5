wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"features":[5.1,3.5,1.4,0.2]}'

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests_per_s": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
