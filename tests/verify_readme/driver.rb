# frozen_string_literal: true

# Calls the Rack application of docs/verify/README.md, whose path is the argument, for each request of standard input.

require "json"
require "stringio"
load ARGV.fetch(0)

$stdin.each_line do |line|
  body, signatures = JSON.parse(line).values_at("body", "signatures")
  env = { "rack.input" => StringIO.new(body.b) }
  env["HTTP_X_JWS_SIGNATURE"] = signatures.join(", ") unless signatures.empty? # as Puma joins them
  puts Webhook.call(env).first
end

# Rack 3 gives no input where there is no body.
exit Webhook.call({}).first == 401
