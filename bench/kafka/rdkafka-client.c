// A client on librdkafka for the benchmark of the Kafka port: produces, consumes, or measures the latency between.
//
//   rdkafka-client produce BROKER TOPIC COUNT BYTES     acks=all, linger 5 ms, no compression
//   rdkafka-client consume BROKER TOPIC COUNT           partition 0 from its beginning
//   rdkafka-client latency BROKER TOPIC COUNT RATE      one record after the other, acks=all, linger 0
//
// Prints one line of JSON. Times are those of the whole run; of `consume`, from the first record to the last.

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { billion = 1000000000, pollMs = 100, flushMs = 120000, latencyBytes = 100, batchRecords = 10000 };

static int64_t nowNs(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * billion + time.tv_nsec;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "rdkafka-client: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char why[256];
  if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(name, why);
}

static int64_t deliveredCount = 0;

static void onDelivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  (void)client, (void)opaque;
  if (message->err) fail("delivery", rd_kafka_err2str(message->err));
  deliveredCount++;
}

static rd_kafka_t *newProducer(const char *broker, const char *lingerMs) {
  char why[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", broker);
  set(conf, "acks", "all");
  set(conf, "linger.ms", lingerMs);
  set(conf, "queue.buffering.max.messages", "500000");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, onDelivery);
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (producer == NULL) fail("producer", why);
  return producer;
}

static rd_kafka_t *newConsumer(const char *broker) {
  char why[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", broker);
  set(conf, "group.id", "bench");
  set(conf, "enable.auto.commit", "false");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (consumer == NULL) fail("consumer", why);
  return consumer;
}

static void produceOne(rd_kafka_t *producer, rd_kafka_topic_t *topic, void *value, size_t bytes) {
  while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, value, bytes, NULL, 0, NULL) == -1) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(producer, pollMs);
  }
}

static void flushAll(rd_kafka_t *producer, int64_t count) {
  rd_kafka_resp_err_t error = rd_kafka_flush(producer, flushMs);
  if (error) fail("flush", rd_kafka_err2str(error));
  if (deliveredCount != count) fail("flush", "not every record was acknowledged");
}

// The first record is delivered before the clock starts: it brings the connection and the metadata.
static void produce(const char *broker, const char *topicName, int64_t count, size_t bytes) {
  rd_kafka_t *producer = newProducer(broker, "5");
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, topicName, NULL);
  char *value = malloc(bytes);
  for (size_t at = 0; at < bytes; at++) value[at] = (char)('a' + at % 26);
  produceOne(producer, topic, value, bytes);
  flushAll(producer, 1);
  int64_t startedNs = nowNs();
  for (int64_t index = 1; index < count; index++) {
    produceOne(producer, topic, value, bytes);
    if (index % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  flushAll(producer, count);
  printf("{\"seconds\":%.6f,\"count\":%lld}\n", (double)(nowNs() - startedNs) / billion, (long long)(count - 1));
  free(value);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
}

static rd_kafka_queue_t *consumeFrom(rd_kafka_t *consumer, rd_kafka_topic_t *topic, int64_t offset) {
  rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
  if (rd_kafka_consume_start_queue(topic, 0, offset, queue) == -1) {
    fail("consume", rd_kafka_err2str(rd_kafka_last_error()));
  }
  return queue;
}

static void consume(const char *broker, const char *topicName, int64_t count) {
  rd_kafka_t *consumer = newConsumer(broker);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, topicName, NULL);
  rd_kafka_queue_t *queue = consumeFrom(consumer, topic, RD_KAFKA_OFFSET_BEGINNING);
  rd_kafka_message_t **messages = malloc(batchRecords * sizeof *messages);
  int64_t consumed = 0, startedNs = 0;
  while (consumed < count) {
    ssize_t taken = rd_kafka_consume_batch_queue(queue, pollMs, messages, batchRecords);
    for (ssize_t index = 0; index < taken; index++) {
      if (messages[index]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (startedNs == 0) startedNs = nowNs();
        if (messages[index]->offset != consumed) fail("consume", "an offset is missing");
        consumed++;
      } else if (messages[index]->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        fail("consume", rd_kafka_message_errstr(messages[index]));
      }
      rd_kafka_message_destroy(messages[index]);
    }
  }
  printf("{\"seconds\":%.6f,\"count\":%lld}\n", (double)(nowNs() - startedNs) / billion, (long long)consumed);
  free(messages);
  rd_kafka_consume_stop(topic, 0);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(consumer);
}

struct Receiving {
  rd_kafka_queue_t *queue;
  int64_t count;
  int64_t *timesNs;
};

// A record carries the time at which it was handed to the producer.
static void *receive(void *argument) {
  struct Receiving *receiving = argument;
  for (int64_t received = 0; received < receiving->count;) {
    rd_kafka_message_t *message = rd_kafka_consume_queue(receiving->queue, pollMs);
    if (message == NULL) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      int64_t sentNs;
      memcpy(&sentNs, message->payload, sizeof sentNs);
      receiving->timesNs[received++] = nowNs() - sentNs;
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      fail("consume", rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  return NULL;
}

static int byValue(const void *one, const void *other) {
  int64_t difference = *(const int64_t *)one - *(const int64_t *)other;
  return difference < 0 ? -1 : difference > 0;
}

static double percentileMs(const int64_t *sortedNs, int64_t count, double part) {
  int64_t at = (int64_t)((double)count * part);
  return (double)sortedNs[at < count ? at : count - 1] / 1e6;
}

static void sendPaced(rd_kafka_t *producer, rd_kafka_topic_t *topic, int64_t count, int64_t rate) {
  char value[latencyBytes] = {0};
  int64_t firstNs = nowNs();
  for (int64_t index = 0; index < count; index++) {
    int64_t dueNs = firstNs + index * billion / rate;
    struct timespec due = {.tv_sec = dueNs / billion, .tv_nsec = dueNs % billion};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    int64_t sentNs = nowNs();
    memcpy(value, &sentNs, sizeof sentNs);
    produceOne(producer, topic, value, sizeof value);
    rd_kafka_poll(producer, 0);
  }
  flushAll(producer, count);
}

// Its first second warms both ends up and is not counted.
static void latency(const char *broker, const char *topicName, int64_t count, int64_t rate) {
  int64_t warmCount = rate;
  rd_kafka_t *producer = newProducer(broker, "0");
  rd_kafka_t *consumer = newConsumer(broker);
  rd_kafka_topic_t *produced = rd_kafka_topic_new(producer, topicName, NULL);
  rd_kafka_topic_t *consumed = rd_kafka_topic_new(consumer, topicName, NULL);
  int64_t *timesNs = malloc((size_t)(warmCount + count) * sizeof *timesNs);
  rd_kafka_queue_t *queue = consumeFrom(consumer, consumed, RD_KAFKA_OFFSET_BEGINNING);
  struct Receiving receiving = {.queue = queue, .count = warmCount + count, .timesNs = timesNs};
  pthread_t receiver;
  pthread_create(&receiver, NULL, receive, &receiving);
  sendPaced(producer, produced, warmCount + count, rate);
  pthread_join(receiver, NULL);
  int64_t *counted = timesNs + warmCount;
  qsort(counted, (size_t)count, sizeof *counted, byValue);
  printf("{\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"longest\":%.4f}\n", percentileMs(counted, count, 0.5),
         percentileMs(counted, count, 0.99), percentileMs(counted, count, 0.999), percentileMs(counted, count, 1));
  rd_kafka_consume_stop(consumed, 0);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(produced);
  rd_kafka_topic_destroy(consumed);
  rd_kafka_destroy(producer);
  rd_kafka_destroy(consumer);
  free(timesNs);
}

int main(int argumentCount, char **arguments) {
  if (argumentCount < 5) fail("usage", "produce|consume|latency BROKER TOPIC COUNT [BYTES|RATE]");
  const char *mode = arguments[1], *broker = arguments[2], *topic = arguments[3];
  int64_t count = atoll(arguments[4]);
  int64_t more = argumentCount > 5 ? atoll(arguments[5]) : 0;
  if (strcmp(mode, "consume") == 0) consume(broker, topic, count);
  else if (strcmp(mode, "produce") == 0 && more > 0) produce(broker, topic, count, (size_t)more);
  else if (strcmp(mode, "latency") == 0 && more > 0) latency(broker, topic, count, more);
  else fail("usage", "produce|consume|latency BROKER TOPIC COUNT [BYTES|RATE]");
  return 0;
}
