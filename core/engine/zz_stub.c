#include "engine/engine.h"
#define W __attribute__((weak))
W void engine_create_destination(struct engine_client *c, struct destination_name n, uint64_t r);
W void engine_create_destination(struct engine_client *c, struct destination_name n, uint64_t r){(void)c;(void)n;(void)r;}
W void engine_poison(struct engine_consumer *consumer, uint64_t a, uint64_t b, struct slice cause, uint64_t request){engine_acknowledge(consumer,ACKNOWLEDGE_POISON,a,b,NULL,request);(void)cause;}
W void engine_prepare(struct engine_transaction *t, struct slice x, uint64_t r){(void)t;(void)x;(void)r;}
W void engine_producer_close(struct engine_producer *p){(void)p;}
#include "../engine/client.h"
#include "../engine/operation.h"
W struct engine_producer *engine_producer_open(struct engine_client *c, const struct engine_producer_spec *s){client_complete(c,s->request,ENGINE_OK,"");return (void*)c;}
W void engine_pull(struct engine_consumer *c, int64_t t){(void)c;(void)t;}
W void engine_set_prefetch(struct engine_consumer *c, uint32_t p){(void)c;(void)p;}
W bool engine_transaction_is_empty(const struct engine_transaction *t){(void)t;return false;}
W void engine_xa_commit(struct engine_client *c, struct slice x, uint64_t r){(void)c;(void)x;(void)r;}
W void engine_xa_rollback(struct engine_client *c, struct slice x, uint64_t r){(void)c;(void)x;(void)r;}
W void engine_xa_recover(struct engine_client *c, uint64_t r){(void)c;(void)r;}
