'use strict';
// Nothing is wrong with it.
require('./build');
