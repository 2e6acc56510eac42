# SPDX-License-Identifier: Apache-2.0
# ruby_client.rb HOST PORT WHAT - one scenario with the stomp gem; prints "ok WHAT" when it held.
require 'stomp'
require 'timeout'

HOST, PORT, WHAT = ARGV[0], ARGV[1].to_i, ARGV[2]
PATIENCE = 60

def open(version = '1.2', headers = {})
  headers = { 'accept-version' => version, 'host' => 'test' }.merge(headers) unless version == '1.0'
  Stomp::Connection.new(hosts: [{ login: 'user', passcode: 'word', host: HOST, port: PORT }],
                        reliable: false, connect_headers: headers)
end

def need(condition, why)
  raise why unless condition
end

def ends(connection)
  connection.disconnect(receipt: 'bye')
end

# Subscribes, and waits until the broker has done so.
def subscribe(connection, destination, headers = {})
  connection.subscribe(destination, { 'id' => 'sub', 'receipt' => 'subscribed' }.merge(headers), 'sub')
  answer = connection.receive
  need(answer.command == 'RECEIPT', "#{answer.inspect} instead of a receipt")
end

def messages
  %w[1.0 1.1 1.2].each do |version|
    connection = open(version)
    destination = "/queue/ruby.messages.#{version}"
    subscribe(connection, destination)
    20.times do |number|
      connection.publish(destination, "body #{number}", 'number' => number.to_s, 'odd' => 'x:y')
      message = connection.receive
      need(message.body == "body #{number}", message.inspect)
      need(message.headers['number'] == number.to_s && message.headers['odd'] == 'x:y', message.headers.inspect)
    end
    bytes = (0..255).to_a.pack('C*') * 400
    connection.publish(destination, bytes)
    need(connection.receive.body.b == bytes, 'the bytes are not the same')
    ends(connection)
  end
end

def acknowledgements
  { '1.0' => 'client', '1.1' => 'client-individual', '1.2' => 'client-individual' }.each do |version, mode|
    destination = "/queue/ruby.ack.#{version}"
    connection = open(version)
    subscribe(connection, destination, 'ack' => mode)
    3.times { |number| connection.publish(destination, number.to_s) }
    got = Array.new(3) { connection.receive }
    first = got.first.headers
    case version
    when '1.0' then connection.ack(first['message-id'])
    when '1.1' then connection.ack(first['message-id'], 'subscription' => 'sub')
    when '1.2' then connection.ack(first['ack'])
    end
    ends(connection)
    connection = open(version)
    subscribe(connection, destination)
    bodies = Array.new(2) { connection.receive.body }
    need(bodies == %w[1 2], bodies.inspect)
    ends(connection)
  end
end

def transactions
  connection = open
  subscribe(connection, '/queue/ruby.transactions')
  %w[abort commit].each do |how|
    connection.begin(how)
    connection.publish('/queue/ruby.transactions', how, 'transaction' => how)
    connection.send(how, how)
  end
  need(connection.receive.body == 'commit', 'the aborted message came')
  ends(connection)
end

def request_reply
  asker = open
  server = open
  subscribe(server, '/queue/ruby.service')
  subscribe(asker, '/temp-queue/answers')
  asker.publish('/queue/ruby.service', 'question', 'reply-to' => '/temp-queue/answers')
  request = server.receive
  server.publish(request.headers['reply-to'], "answer to #{request.body}")
  need(asker.receive.body == 'answer to question', 'not the answer')
  ends(asker)
  ends(server)
end

def durable
  name = { 'activemq.subscriptionName' => 'ruby' }
  connection = open('1.1', 'client-id' => 'ruby-durable')
  subscribe(connection, '/topic/ruby.durable', name)
  ends(connection)
  sender = open('1.1')
  sender.publish('/topic/ruby.durable', 'while you were away', 'receipt' => 'sent')
  need(sender.receive.command == 'RECEIPT', 'no receipt')
  ends(sender)
  connection = open('1.1', 'client-id' => 'ruby-durable')
  connection.subscribe('/topic/ruby.durable', { 'id' => 'sub' }.merge(name), 'sub')
  need(connection.receive.body == 'while you were away', 'not kept')
  ends(connection)
end

def heart_beats
  connection = open('1.2', 'heart-beat' => '500,500')
  subscribe(connection, '/queue/ruby.beats')
  sleep 4 # longer than a silent client would live
  connection.publish('/queue/ruby.beats', 'still here')
  need(connection.receive.body == 'still here', 'not the message')
  need(connection.hbrecv_count.positive?, 'the broker sent no heart-beat')
  ends(connection)
end

def threaded
  client = Stomp::Client.new('user', 'word', HOST, PORT, false)
  got = Queue.new
  client.subscribe('/queue/ruby.threaded', 'ack' => 'client') do |message|
    client.acknowledge(message)
    got << message.body
  end
  100.times { |number| client.publish('/queue/ruby.threaded', number.to_s) }
  bodies = Array.new(100) { got.pop }
  need(bodies == (0...100).map(&:to_s), bodies.inspect)
  client.close
end

Timeout.timeout(PATIENCE) { send(WHAT) }
puts "ok #{WHAT}"
