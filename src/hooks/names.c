#include "hooks/answer.h"
#include "hooks/state.h"

const char *const decision_names[] = {"none", "allow", "ask", "defer", "deny", NULL};
const char *const trace_level_names[] = {"off", "summary", "full", NULL};
