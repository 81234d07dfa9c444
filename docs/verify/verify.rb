# frozen_string_literal: true

require "openssl"

# Whether `signature`, the one X-JWS-Signature, is that of `body`, the raw octets of the request.
def webhook_valid?(body, signature, shared_key)
  protected_header = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19" # {"alg":"HS256","b64":false,"crit":["b64"]}
  is_jwk = shared_key.b.match?(%r{\A([\w+/-]{4})*+([\w+/-]{2}(==)?|[\w+/-]{3}=?)?\z}n)
  readings = [is_jwk ? shared_key.tr("-_", "+/").unpack1("m") : "", shared_key.b] # a JWK's k, then UTF-8
  keys = readings.select { |key| key.bytesize >= 32 }
  raise ArgumentError, "no usable key" if keys.empty?

  keys.map do |key|
    mac = OpenSSL::HMAC.digest("SHA256", key, "#{protected_header}.".b + body.b)
    OpenSSL.secure_compare("#{protected_header}..#{[mac].pack("m0").tr("+/", "-_").delete("=")}".b, signature.b)
  end.any?
end

# On the command line: SHARED_KEY=… ruby verify.rb "$SIGNATURE" < body
if $PROGRAM_NAME == __FILE__
  valid = webhook_valid?($stdin.binmode.read, ARGV.fetch(0, ""), ENV.fetch("SHARED_KEY", ""))
  puts valid ? "valid" : "invalid"
  exit valid
end
