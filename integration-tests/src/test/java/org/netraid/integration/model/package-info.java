/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * A model of the cluster for exhaustive search ({@code bin/model}): the product's own pure decision code over an abstract world of a few
 * chunks, links and crashes, and an oracle that knows what was written. Oracle and checks share no code with the decisions.
 */
package org.netraid.integration.model;
