/* The floor: what any dynamically linked C program costs. */
int main(void)
{
    return 0;
}
