-- Reads features of random keys in Feast's shape: wrk … URL -- VIEW FEATURES KEYS ALL_KEYS
local bodies = {}
local at = 0

function init(args)
  local view, features, keys, all = args[1], tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  math.randomseed(20261122)
  local names = {}
  for index = 0, features - 1 do names[#names + 1] = '"' .. view .. ':f' .. index .. '"' end
  for body = 1, 500 do
    local ids = {}
    for key = 1, keys do ids[key] = tostring(math.random(0, all - 1)) end
    bodies[body] = '{"features":[' .. table.concat(names, ',') .. '],"entities":{"user_id":[' .. table.concat(ids, ',') .. ']}}'
  end
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
end

function request()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end

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
