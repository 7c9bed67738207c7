// A client on NATS's C library, for comparison: publishes to a JetStream stream with file storage, or consumes it.
//
//   nats-client publish URL COUNT BYTES     makes the stream anew; asynchronous, at most 4,000 unacknowledged
//   nats-client consume URL COUNT           an ordered push consumer from the first message
//
// Prints one line of JSON. Times are those of the whole run; of `consume`, from the first message to the last.

#include <nats.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { billion = 1000000000, mostPending = 4000, completeMs = 120000, nextMs = 10000 };

static const char *const streamName = "bench";
static const char *const subject = "bench.records";

static int64_t nowNs(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * billion + time.tv_nsec;
}

static void check(const char *what, natsStatus status) {
  if (status == NATS_OK) return;
  fprintf(stderr, "nats-client: %s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

static void onRefusal(jsCtx *js, jsPubAckErr *refusal, void *closure) {
  (void)js, (void)closure;
  check("acknowledgement", refusal->Err);
}

static void makeStream(jsCtx *js) {
  jsErrCode code = 0;
  natsStatus status = js_DeleteStream(js, streamName, NULL, &code);
  if (status != NATS_NOT_FOUND) check("delete", status);
  jsStreamConfig config;
  check("stream", jsStreamConfig_Init(&config));
  const char *subjects[] = {subject};
  config.Name = streamName;
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  check("stream", js_AddStream(NULL, js, &config, NULL, &code));
}

static void publish(jsCtx *js, int64_t count, int bytes) {
  makeStream(js);
  char *value = malloc((size_t)bytes);
  for (int at = 0; at < bytes; at++) value[at] = (char)('a' + at % 26);
  int64_t startedNs = nowNs();
  for (int64_t index = 0; index < count; index++) {
    natsStatus status;
    // The library gives up waiting for a free place after a while; the message was not sent then.
    do status = js_PublishAsync(js, subject, value, bytes, NULL);
    while (status == NATS_TIMEOUT);
    check("publish", status);
  }
  jsPubOptions options;
  check("complete", jsPubOptions_Init(&options));
  options.MaxWait = completeMs;
  check("complete", js_PublishAsyncComplete(js, &options));
  printf("{\"seconds\":%.6f,\"count\":%lld}\n", (double)(nowNs() - startedNs) / billion, (long long)count);
  free(value);
}

static void consume(jsCtx *js, int64_t count) {
  jsSubOptions options;
  check("subscribe", jsSubOptions_Init(&options));
  options.Stream = streamName;
  options.Ordered = true;
  natsSubscription *subscription = NULL;
  jsErrCode code = 0;
  check("subscribe", js_SubscribeSync(&subscription, js, subject, NULL, &options, &code));
  check("subscribe", natsSubscription_SetPendingLimits(subscription, -1, -1));
  int64_t startedNs = 0;
  for (int64_t consumed = 0; consumed < count; consumed++) {
    natsMsg *message = NULL;
    check("consume", natsSubscription_NextMsg(&message, subscription, nextMs));
    if (startedNs == 0) startedNs = nowNs();
    natsMsg_Destroy(message);
  }
  printf("{\"seconds\":%.6f,\"count\":%lld}\n", (double)(nowNs() - startedNs) / billion, (long long)count);
  natsSubscription_Destroy(subscription);
}

int main(int argumentCount, char **arguments) {
  if (argumentCount < 4) check("usage: publish|consume URL COUNT [BYTES]", NATS_INVALID_ARG);
  int64_t count = atoll(arguments[3]);
  natsConnection *connection = NULL;
  jsCtx *js = NULL;
  jsOptions options;
  check("options", jsOptions_Init(&options));
  options.PublishAsync.MaxPending = mostPending;
  options.PublishAsync.ErrHandler = onRefusal;
  check("connect", natsConnection_ConnectTo(&connection, arguments[2]));
  check("connect", natsConnection_JetStream(&js, connection, &options));
  if (strcmp(arguments[1], "publish") == 0 && argumentCount > 4) publish(js, count, atoi(arguments[4]));
  else if (strcmp(arguments[1], "consume") == 0) consume(js, count);
  else check("usage: publish|consume URL COUNT [BYTES]", NATS_INVALID_ARG);
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}
