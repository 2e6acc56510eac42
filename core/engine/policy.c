/* SPDX-License-Identifier: Apache-2.0 */
#include "destination.h"

/* How closely a pattern describes the names it matches: more levels, and fewer wildcards among
 * them, are closer; an exact name is closest of all. */
unsigned policy_closeness(struct slice pattern)
{
    unsigned score = 1;

    if (!pattern_is_wildcard(pattern))
        return UINT32_MAX;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.bytes[i] == '.')
            score += 4;
        else if (pattern.bytes[i] == '*')
            score -= score > 2 ? 2 : 0;
        else if (pattern.bytes[i] == '>')
            score -= score > 3 ? 3 : 0;
    }
    return score;
}

static bool advises_deliveries(const struct config_policy *policy)
{
    return policy->advisory_consumed || policy->advisory_dispatched;
}

bool policies_advise_deliveries(const struct config *config)
{
    if (!config->advisory_support)
        return false;
    for (size_t i = 0; i < config->policies.count; i++)
        if (advises_deliveries(&config->policies.entries[i]))
            return true;
    return advises_deliveries(&config->policies.fallback);
}

const struct config_policy *policy_for(const struct config *config, struct destination_name name)
{
    const struct config_policy *best = &config->policies.fallback;
    unsigned best_score = 0;

    for (size_t i = 0; i < config->policies.count; i++) {
        const struct config_policy *policy = &config->policies.entries[i];
        struct slice pattern = slice_of_text(policy->destination.name);
        unsigned score;

        if ((int)policy->destination.kind != (int)name.kind)
            continue;
        /* <policyEntry tempQueue="true"> has no name: it is for all of its kind. */
        if (pattern.bytes && !pattern_matches(pattern, name.name))
            continue;
        score = pattern.bytes ? policy_closeness(pattern) : 1;
        if (score > best_score) { /* of equal ones the first counts */
            best = policy;
            best_score = score;
        }
    }
    return best;
}
