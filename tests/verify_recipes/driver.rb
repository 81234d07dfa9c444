# frozen_string_literal: true

# Judges each case of standard input by docs/verify/verify.rb, whose path is the argument.

require "json"
load ARGV.fetch(0)

$stdin.each_line do |line|
  body, signature, key = JSON.parse(line).values_at("body", "signature", "key")
  puts webhook_valid?([body].pack("H*"), signature, key) ? "valid" : "invalid"
rescue ArgumentError => e
  puts e.message
end
